"""The classes of widgets as data: arguments, methods with their types, and what they tell.

Imports nothing of ours. Invariant: it names what the server's own table names (`GET /api/widgets/classes`; a test compares);
the classes, their methods and the stubs that editors read are all made from it and from nothing else.

A signature reads `name(parameter: type, parameter: type?) -> type`. A parameter whose type ends in `?` may be left out.
The types beside the names of classes: `text` (None means ""), `str`, `int`, `num`, `bool`, `any`, `widget` (any widget),
`pair` (two numbers), `path` (the keys that lead to a row), `file` (an address, or a file on this machine), `data` (bytes or
an array), `options` (further keyword arguments) and `list`. A method with a result asks and waits for the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Dict, Optional, Tuple


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method or of a constructor."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Method:
    """A method as it is called; `result` is None for one that only changes something."""

    name: str
    parameters: Tuple[Parameter, ...]
    result: Optional[str]


@dataclass(frozen=True)
class WidgetClass:
    """One row of the table, with everything that all of its kind know, and the names of what it shares with others."""

    name: str
    kind: str
    shares: Tuple[str, ...]
    positional: Tuple[Parameter, ...]
    options: Tuple[Parameter, ...]
    methods: Dict[str, Method]
    actions: Tuple[str, ...]


_SIGNATURE = re.compile(r"^(\w+)\(([^)]*)\)(?: -> (\w+))?$")


def _parameters(text: str) -> Tuple[Parameter, ...]:
    parts = [part.strip().partition(": ") for part in text.split(",") if part.strip()]
    return tuple(Parameter(name, type.rstrip("?"), not type.endswith("?")) for name, _, type in parts)


def _methods(*blocks: str) -> Dict[str, Method]:
    methods = {}
    for line in "\n".join(blocks).split("\n"):
        if line.strip():
            found = _SIGNATURE.match(line.strip())
            assert found, f"not a signature: {line}"
            methods[found[1]] = Method(found[1], _parameters(found[2]), found[3])
    return methods


_VISUAL = """
    get_element() -> any
    set_border_width(width: num)
    set_border_color(color: str)
    set_bg(color: str)
    set_min_size(width: num?, height: num?)
    set_max_size(width: num?, height: num?)
    set_expanding(horizontal: bool, vertical: bool)
    get_expanding() -> list
    resize(width: num, height: num)
    get_size() -> pair
    get_position() -> pair
    set_padding(padding: any)
    set_font(font: str, size: num?, weight: str?, style: str?)
    set_enabled(tf: bool)
    get_enabled() -> bool
    set_tooltip(msg: text)
    get_tooltip() -> str
    is_container() -> bool
    set_allow_text_selection(tf: bool)
    show()
    hide()
    is_visible() -> bool
    set_focus()
    add_cursor(name: str, url: file, hotspot_x: num, hotspot_y: num, size: num?)
    set_cursor(name: str)
"""

_CONTAINER = """
    get_children() -> list
    num_children() -> int
    remove(child: widget, destroy: bool?)
    remove_widget(child: widget, destroy: bool?)
    remove_all(destroy: bool?)
"""

_BOX = """
    add_widget(child: widget, stretch: num?)
    insert_widget(index: int, child: widget, stretch: num?)
    set_spacing(gap: num)
"""

_TEXT = """
    set_text(text: text)
    get_text() -> str
"""

_SWITCH = """
    set_state({value}: bool)
    get_state() -> bool
"""

_NUMBER = """
    set_value({value}: num)
    get_value() -> num
    set_limits(minval: num, maxval: num, incrval: num?)
    set_decimals(num: int)
"""

_SCROLLED = """
    set_scroll_position(h_pct: num, v_pct: num)
    get_scroll_position() -> pair
"""

_SCROLL_AREA = """
    set_widget(child: widget)
    set_thumb_percent(h_pct: num, v_pct: num)
    get_thumb_percent() -> pair
    set_scroll_percent(h_pct: num, v_pct: num)
    get_scroll_percent() -> pair
    set_scroll_bar_visibility(horizontal: str, vertical: str)
"""

_PAGES = """
    show_widget(child: widget)
    set_index(index: int)
    get_index() -> int
    index_of(child: widget) -> int
    index_to_widget(index: int) -> widget
"""

_WINDOW = """
    raise_()
    lower()
    toggle_minimize()
    toggle_maximize()
    toggle_shade()
"""

_POPUP = """
    popup(x: num?, y: num?)
    set_position(x: num, y: num)
    set_modal(tf: bool)
"""

# What tables and trees share, but for what they call a column.
_GRID = """
    set_columns(columns: list)
    set_editable(tf: bool)
    set_header_font(family: str, size: num?, weight: str?, style: str?)
    set_data(data: any)
    update_data(data: any)
    clear()
    clear_selection()
    select_path(path: path, state: bool?)
    select_paths(paths: list, state: bool?)
    select_all(state: bool?)
    get_column_widths() -> any
    set_optimal_column_widths()
    set_row_spacing(px: num)
    set_column_spacing(px: num)
    scroll_to_path(path: path)
    scroll_to_end()
    get_column_count() -> int
    get_row_count() -> int
    set_show_grid(tf: bool)
    set_show_row_numbers(tf: bool)
    set_sortable(tf: bool)
    append_column(column: any)
    append_row(values: any)
    get_selected_cells() -> list
    select_cell(path: path, col_key: any, state: bool?)
    select_cells(cells: list, state: bool?)
    clear_cell_selection()
    copy_selection()
    cut_selection()
    paste_selection()
    set_colors(spec: any)
    set_cell_color(path: path, col_key: any, fg: str?, bg: str?, bold: bool?)
    set_row_color(path: path, fg: str?, bg: str?, bold: bool?)
    set_column_color(col_key: any, fg: str?, bg: str?, bold: bool?)
    set_table_color(fg: str?, bg: str?, bold: bool?)
    clear_cell_color(path: path, col_key: any)
    clear_row_color(path: path)
    clear_column_color(col_key: any)
    clear_all_colors()
"""

_COLUMNS = """
    set_column_width({column}, width: num)
    sort_by_column({column}, ascending: bool?)
    set_column_editable({column}, tf: bool)
"""

_GRID_OPTIONS = (
    "columns: list?, show_header: bool?, selection_mode: str?, alternate_row_colors: bool?, show_grid: bool?, "
    "show_row_numbers: bool?, sortable: bool?, allow_text_selection: bool?, cell_cursor: bool?"
)

_SLIDER_OPTIONS = (
    "track: bool?, dtype: str?, min: num?, max: num?, step: num?, value: num?, show_value: bool?, "
    "show_value_position: str?, decimals: int?"
)

_CHILDREN = "child-added child-removed"
_POINTER = (
    "pointer-down pointer-up pointer-move enter leave click dblclick scroll key-down key-up key-press focus-in focus-out "
    "drop-start drop-end drag-over"
)
_EDITED = "activated selected sorted cell_edited scrolled cell_selected cell_action copy cut paste"

# What all of a kind know.
COMMON: Dict[str, Dict[str, Method]] = {
    "hidden": _methods("destroy()"),
    "visual": _methods("destroy()", _VISUAL),
    "container": _methods("destroy()", _VISUAL, _CONTAINER),
}

_SHARED = {
    "Boxed": _BOX,
    "Grid": _GRID,
    "Number": _NUMBER.format(value="num"),
    "Paged": _PAGES,
    "Popup": _POPUP,
    "ScrollArea": _SCROLL_AREA,
    "Scrolled": _SCROLLED,
    "Switch": _SWITCH.format(value="value"),
    "Text": _TEXT,
    "Window": _WINDOW,
}

# What several classes share; each of them is seen.
SHARED: Dict[str, Dict[str, Method]] = {name: _methods(text) for name, text in _SHARED.items()}

CLASSES: Dict[str, WidgetClass] = {}


def _row(kind: str, name: str, *methods: str, args: str = "", options: str = "", tells: str = "") -> None:
    told = [*tells.split(), *([] if kind == "hidden" else ["resize", "map"])]
    rows = {**COMMON[kind], **_methods(*methods)}
    shares = tuple(shared for shared, text in _SHARED.items() if text in methods)
    CLASSES[name] = WidgetClass(name, kind, shares, _parameters(args), _parameters(options), rows, tuple(told))


_container, _visual, _hidden = (partial(_row, kind) for kind in ("container", "visual", "hidden"))


# Layout.
_container("Box", _BOX, "set_align(align: str)", options="orientation: str?", tells=_CHILDREN)
_container("VBox", _BOX, "set_align(align: str)", tells=_CHILDREN)
_container("HBox", _BOX, "set_align(align: str)", tells=_CHILDREN)
_container(
    "ButtonBox",
    _BOX,
    "set_halign(halign: str)",
    options="orientation: str?, halign: str?, min_button_width: num?",
    tells=_CHILDREN,
)
_container("FixedLayout", "add_widget(child: widget, x: num, y: num)", tells=_CHILDREN)
_container(
    "GridBox",
    """
    add_widget(child: widget, row: int, col: int)
    set_row_spacing(px: num)
    set_column_spacing(px: num)
    set_spacing(px: num)
    get_row_column_count() -> list
    get_widget_at_cell(row: int, col: int) -> widget
    insert_row(index: int, widgets: list?)
    append_row(widgets: list?)
    delete_row(index: int)
    insert_column(index: int, widgets: list?)
    append_column(widgets: list?)
    delete_column(index: int)
    """,
    options="rows: int?, columns: int?",
    tells=_CHILDREN,
)
_container(
    "Splitter",
    """
    add_widget(child: widget)
    set_sizes(sizes: list)
    get_sizes() -> list
    set_minimum_size(child: widget, min_px: num)
    """,
    options="orientation: str?",
    tells=_CHILDREN + " sizing",
)
_container("Frame", "set_widget(child: widget)", "set_title(text: text)", _TEXT, options="title: text?")
_visual("Separator", "set_orientation(orientation: str)", args="orientation: str?")
_container(
    "Expander",
    """
    set_widget(child: widget)
    set_collapsed(collapsed: bool)
    get_collapsed() -> bool
    toggleContent()
    """,
    options="title: text?, collapsible: bool?, shadow: bool?, bg_color: str?",
    tells="toggled",
)
_container("AbstractScrollArea", _SCROLL_AREA, options="thickness: num?", tells="scrolled area-resize")
_container(
    "ScrollArea",
    _SCROLL_AREA,
    _SCROLLED,
    options="hscrollbar: any?, vscrollbar: any?, thickness: num?",
    tells="scrolled area-resize",
)
_container(
    "TabWidget",
    _PAGES,
    """
    add_widget(child: widget, options: options?)
    close_widget(child: widget)
    get_tab_id(child: widget) -> any
    get_child(tab_id: any) -> widget
    highlight_tab(child: widget, bgcolor: str?)
    set_tab_position(tabpos: str)
    """,
    options="closable: bool?, reorderable: bool?, tab_position: str?",
    tells=_CHILDREN + " page-switch page-close",
)
_container(
    "StackWidget",
    _PAGES,
    "add_widget(child: widget, options: options?)",
    tells=_CHILDREN + " page-switch page-close",
)
_container(
    "MDIWidget",
    _SCROLLED,
    """
    add_widget(child: widget, options: options?) -> MDISubWindow
    cascade_windows()
    tile_windows()
    get_subwindows() -> list
    get_subwin(child: widget) -> MDISubWindow
    get_configuration(child: widget) -> any
    move_child(child: widget, x: num, y: num)
    resize_child(child: widget, width: num, height: num)
    get_child_size(child: widget) -> pair
    get_child_position(child: widget) -> pair
    close_child(child: widget)
    get_index() -> int
    set_index(index: int)
    index_of(child: widget) -> int
    index_to_widget(index: int) -> widget
    set_resistance(value: num)
    """,
    tells=_CHILDREN + " page-switch page-close scrolled",
)
_visual(
    "MDISubWindow",
    _WINDOW,
    """
    set_position(x: num, y: num)
    move(x: num, y: num)
    set_title(title: text)
    close()
    get_child() -> widget
    """,
    options="shadeable: bool?",
    tells="move",
)

# Windows.
_container(
    "TopLevel",
    _WINDOW,
    """
    set_position(x: num, y: num)
    set_widget(child: widget)
    set_title(title: text)
    set_icon(url: file)
    set_moveable(tf: bool)
    set_window_state(state: str)
    get_window_state() -> str
    """,
    options="resizable: bool?, title: text?, icon: file?, moveable: bool?, closeable: bool?, minimizable: bool?, "
    "maximizable: bool?, lowerable: bool?, shadeable: bool?",
    tells="move close window-state",
)
_container("Page", "set_widget(child: widget)")
_container(
    "Dialog",
    _BOX,
    _POPUP,
    "add_button(child: widget, value: any)",
    "set_title(title: text)",
    args="title: text?, buttons: list?",
    options="autoclose: bool?, resizable: bool?, moveable: bool?, modal: bool?",
    tells=_CHILDREN + " activated move close",
)
_visual("ColorWidget", "get_color() -> str", "set_color(hex_string: str)", options="color: str?", tells="pick")
_visual(
    "ColorDialog",
    _POPUP,
    "get_color() -> str",
    "set_color(hex_string: str)",
    options="color: str?, title: text?, modal: bool?, moveable: bool?",
    tells="activated pick move close",
)
_hidden(
    "FileDialog",
    """
    open()
    show()
    popup(x: num?, y: num?)
    save(filename: str, data: any, mime_type: str?)
    set_mode(mode: str)
    get_mode() -> str
    set_accept(accept: str)
    get_accept() -> str
    """,
    options="mode: str?, accept: str?",
    tells="activated progress",
)

# Controls.
_visual(
    "Button",
    _TEXT,
    """
    set_icon(url: file, size: any?)
    get_icon() -> any
    set_color(bg: str?, fg: str?)
    set_hover(bg: str?, fg: str?)
    """,
    args="text: text?",
    tells="activated",
)
_visual("CheckBox", _SWITCH.format(value="tf"), args="text: text?", tells="activated")
_visual(
    "RadioButton",
    _SWITCH.format(value="value"),
    "set_text(text: text)",
    args="text: text?",
    options="group: widget?",
    tells="activated",
)
_visual(
    "ToggleButton",
    _SWITCH.format(value="value"),
    "set_text(text: text)",
    args="text: text?",
    options="group: widget?",
    tells="activated",
)
_visual(
    "ComboBox",
    _TEXT,
    """
    append_text(text: text)
    insert_alpha(text: text)
    delete_alpha(text: text)
    set_index(idx: int)
    get_index() -> int
    get_alpha(idx: int) -> str
    show_text(text: text)
    clear()
    set_length(numchars: int)
    """,
    options="editable: bool?, dropdown_limit: int?",
    tells="activated modified",
)
_visual(
    "SpinBox",
    _NUMBER.format(value="val"),
    options="dtype: str?, min: num?, max: num?, step: num?, value: num?, decimals: int?",
    tells="activated",
)
_visual(
    "Slider",
    _NUMBER.format(value="num"),
    "set_tracking(track: bool)",
    options="orientation: str?, " + _SLIDER_OPTIONS,
    tells="activated",
)
_visual(
    "Dial",
    _NUMBER.format(value="num"),
    "set_tracking(track: bool)",
    "set_knob_diameter(len_px: num)",
    "set_icon(url: file, size: any?)",
    options=_SLIDER_OPTIONS,
    tells="activated",
)
_visual(
    "ScrollBar",
    """
    set_scroll_percent(pct: num)
    get_scroll_percent() -> num
    set_thumb_percent(pct: num)
    get_thumb_percent() -> num
    """,
    options="orientation: str?, thickness: num?",
    tells="activated",
)
_visual("ProgressBar", "set_value(value: num)", "get_value() -> num")

# Text.
_visual(
    "Label",
    _TEXT,
    """
    set_color(bg: str?, fg: str?)
    set_halign(align: str)
    set_valign(align: str)
    set_menu(menu: widget)
    """,
    args="text: text?",
    options="halign: str?, interactive: bool?, menu: widget?",
    tells=_POINTER + " drop-progress contextmenu",
)
_visual(
    "StatusBar",
    """
    set_message(text: text, duration: num?)
    clear()
    set_color(bg: str?, fg: str?)
    set_halign(align: str)
    """,
    options="halign: str?",
)
_visual(
    "TextEntry",
    _TEXT,
    "clear()",
    "set_length(numchars: int)",
    args="text: text?",
    options="editable: bool?, linehistory: int?, password: bool?",
    tells="activated modified",
)
_visual(
    "TextEntrySet",
    _TEXT,
    "clear()",
    "set_length(numchars: int)",
    "set_button_text(text: text)",
    args="text: text?",
    options="label: text?, editable: bool?, linehistory: int?",
    tells="activated modified",
)
_visual(
    "TextArea",
    _TEXT,
    _SCROLLED,
    """
    append_text(text: text)
    clear()
    set_editable(tf: bool)
    set_wrap(tf: bool)
    set_limit(numlines: int)
    scroll_to_lineno(lineno: int, align: str?)
    scroll_to_end()
    """,
    args="text: text?",
    options="wrap: bool?, editable: bool?",
    tells="scrolled modified",
)
_visual(
    "TextSource",
    _TEXT,
    _SCROLLED,
    """
    get_length() -> int
    get_text_range(start_ref: TextBufferRef, end_ref: TextBufferRef) -> str
    insert_text(ref: TextBufferRef, text: text, tags: list?)
    delete_range(start_ref: TextBufferRef, end_ref: TextBufferRef)
    clear()
    set_editable(tf: bool)
    set_wrap(mode: any)
    set_line_numbers(tf: bool)
    set_icon_gutter(tf: bool)
    set_font(family: str, size: num?)
    set_tooltips_enabled(tf: bool)
    set_icon(ref: TextBufferRef, icon_url: file)
    get_cursor() -> any
    set_cursor(ref: TextBufferRef)
    set_cursor_style(style: str, color: str?)
    get_selection_range() -> any
    has_selection() -> bool
    get_selection_bounds() -> any
    set_selection_range(start_ref: TextBufferRef, end_ref: TextBufferRef)
    create_tag(name: str, attrs: any)
    remove_tag_def(name: str)
    has_tag(name: str) -> bool
    apply_tag(name: str, start_ref: TextBufferRef, end_ref: TextBufferRef)
    remove_tag(name: str, start_ref: TextBufferRef, end_ref: TextBufferRef)
    get_tags_at(ref: TextBufferRef) -> list
    get_tags_range(start_ref: TextBufferRef, end_ref: TextBufferRef) -> list
    get_tag_region(name: str) -> any
    get_tag_regions(name: str) -> list
    create_ref(offset: int, gravity: str?) -> TextBufferRef
    remove_ref(ref: TextBufferRef)
    create_named_ref(name: str, offset: int, gravity: str?) -> TextBufferRef
    get_named_ref(name: str) -> TextBufferRef
    remove_named_ref(name: str)
    get_ref_start() -> TextBufferRef
    get_ref_end() -> TextBufferRef
    get_ref_bounds() -> any
    get_ref_line_start(lineno: int) -> TextBufferRef
    get_ref_line_end(lineno: int) -> TextBufferRef
    undo()
    redo()
    can_undo() -> bool
    can_redo() -> bool
    find(query: str, opts: any?) -> any
    find_all(query: str, opts: any?) -> list
    replace(query: str, replacement: str, opts: any?) -> any
    scroll_to_ref(ref: TextBufferRef, align: str?)
    scroll_to_cursor()
    """,
    args="text: text?",
    options="wrap: any?, line_numbers: bool?, icon_gutter: bool?, editable: bool?, font_family: str?, font_size: num?",
    tells="changed cursor_moved line_clicked icon_clicked scrolled tooltip",
)
_hidden(
    "TextBufferRef",
    """
    get_offset() -> int
    get_gravity() -> str
    is_valid() -> bool
    get_line_column() -> pair
    get_line() -> int
    set_offset(offset: int)
    set_line(lineno: int)
    to_ref(other: TextBufferRef)
    copy() -> TextBufferRef
    to_line_start()
    to_line_end()
    to_next_line()
    to_prev_line()
    to_next_char()
    to_prev_char()
    """,
    args="buffer: TextSource, offset: int, gravity: str?",
    tells="invalidated",
)

# Display.
_visual(
    "Image",
    """
    set_image(url: file)
    set_binary_image(data: data, format: str?)
    get_draw_context() -> any
    update()
    """,
    options="url: file?, interactive: bool?, use_animation_frame: bool?",
    tells=_POINTER + " drop-progress contextmenu",
)
_visual(
    "Canvas",
    """
    draw_image(imgInfo: any)
    get_draw_context() -> any
    update()
    """,
    options="use_animation_frame: bool?, interactive: bool?",
    tells=_POINTER + " contextmenu activated drop-progress",
)
_visual(
    "TableView",
    _GRID,
    _COLUMNS.format(column="col_index: int"),
    """
    get_selected() -> list
    set_rows(rows: list)
    update_rows(rows: list)
    set_selected(items: list)
    set_cell(row: int, col_index: int, value: any)
    insert_column(index: int, column: any)
    delete_column(index: int)
    insert_row(index: int, values: any)
    delete_row(index: int)
    """,
    _SCROLLED,
    options=_GRID_OPTIONS,
    tells=_EDITED,
)
_visual(
    "TreeView",
    _GRID,
    _COLUMNS.format(column="col_key: str"),
    """
    get_selected() -> list
    set_tree(tree: any)
    add_tree(tree: any, parent: path?)
    update_tree(tree: any)
    add_item(parent: path?, key: str, values: any)
    remove_item(path: path)
    remove_items(paths: list)
    delete_tree(tree: any, prune_empty: bool?)
    expand_all()
    collapse_all()
    get_expanded() -> list
    get_collapsed() -> list
    expand_item(path: path)
    collapse_item(path: path)
    get_subtree(status: any?) -> any
    set_selected(paths: list)
    set_cell(path: path, col_key: str, value: any)
    insert_column(column: any, before: any?)
    delete_column(col_key: str)
    insert_row(values: any, key: any?, before: any?)
    delete_row(path_or_key: any)
    """,
    _SCROLLED,
    options=_GRID_OPTIONS,
    tells=_EDITED + " expanded collapsed changed",
)
_visual(
    "HtmlView",
    """
    set_html(html: text)
    get_html() -> str
    append_html(html: text)
    clear()
    scroll_to_top()
    scroll_to_bottom()
    """,
    _SCROLLED,
    args="html: text?",
    tells="scrolled",
)
_visual(
    "VideoWidget",
    """
    set_url(url: file)
    set_stream(stream: any)
    get_video_element() -> any
    play()
    pause()
    stop()
    set_muted(tf: bool)
    get_muted() -> bool
    set_volume(vol: num)
    get_volume() -> num
    set_loop(tf: bool)
    get_loop() -> bool
    set_controls(tf: bool)
    get_controls() -> bool
    set_current_time(seconds: num)
    get_current_time() -> num
    get_duration() -> num
    get_paused() -> bool
    fullscreen()
    """,
    options="url: file?, autoplay: bool?, controls: bool?, muted: bool?, loop: bool?",
    tells="play pause ended error timeupdate volumechange",
)
_visual("ExternalWidget", "get_content_element() -> any", "set_content(html: text)", "clear()")
_hidden(
    "Timer",
    """
    start(duration: num?)
    stop()
    cancel()
    set(duration: num?)
    cond_set(duration: num?)
    is_set() -> bool
    elapsed_time() -> num
    time_left() -> num
    set_duration(duration: num)
    get_duration() -> num
    """,
    options="duration: num?",
    tells="expired cancelled",
)

# Menus and toolbars.
_container(
    "MenuBar",
    """
    add_menu(menu: widget, name: str, options: options?) -> Menu
    add_name(name: str) -> Menu
    get_menu(name: str) -> Menu
    """,
)
_container(
    "Menu",
    """
    add_widget(child: widget)
    add_name(name: str, checkable: bool?) -> MenuAction
    add_menu(name: str, menu: widget?) -> Menu
    add_separator()
    get_menu(name: str) -> Menu
    popup(x: num?, y: num?)
    """,
)
_visual(
    "MenuAction",
    _TEXT,
    _SWITCH.format(value="tf"),
    """
    set_icon(url: file, iconsize: any?)
    set_checked(checked: bool)
    get_checked() -> bool
    """,
    options="text: text?, icon_url: file?, iconsize: any?, checkable: bool?, name: str?, icon_only: bool?",
    tells="activated",
)
_container(
    "ToolBar",
    """
    add_widget(child: widget)
    add_separator()
    add_spacer()
    add_action(options: options) -> ToolBarAction
    """,
    options="orientation: str?",
)
_visual(
    "ToolBarAction",
    _TEXT,
    _SWITCH.format(value="value"),
    """
    set_icon(url: file, iconsize: any?)
    set_menu(menu: widget)
    """,
    options="text: text?, icon_url: file?, iconsize: any?, toggle: bool?, group: widget?, menu: widget?",
    tells="activated",
)
