"""A program of pgwidgets with what the short ones lack: text, numbers, pages, menus, tables, pictures, files."""

from pgwidgets.sync import Application

app = Application()
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c63f8cfc0f01f0005000101a2a1a1c20000000049454e44ae426082"
)


@app.on_connect
def setup(session):
    W = session.get_widgets()
    top = W.TopLevel(title="Gallery", resizable=True)
    told = W.Label("nothing")

    bar = W.MenuBar()
    menu = bar.add_name("File")
    menu.add_name("Open").on("activated", lambda *_: told.set_text("Open"))
    menu.add_separator()
    entry = W.TextEntry("half")
    entry.on("activated", lambda text: told.set_text(f"entered {text}"))
    slider = W.Slider(min=0, max=10, value=3)
    slider.on("activated", lambda value: told.set_text(f"slid to {value}"))
    tabs = W.TabWidget()
    first, second = W.Label("one"), W.Label("two")
    tabs.add_widget(first, title="First")
    tabs.add_widget(second, title="Second")
    tabs.on("page-switch", lambda page, index: told.set_text(f"page {index} is {page.get_text()}"))
    table = W.TableView(columns=["name", "age"])
    table.set_rows([["Ann", 1], ["Ben", 2]])
    with session.batch():
        for row in range(2):
            table.set_cell(row, 1, 40 + row)
    image = W.Image()
    image.set_binary_image(PIXEL, "png")
    files = W.FileDialog()
    files.on("activated", lambda upload: told.set_text(upload["files"][0]["data"].decode()))

    box = W.VBox()
    for widget in (bar, told, entry, slider, tabs, table, image):
        box.add_widget(widget, 0)
    top.set_widget(box)
    top.show()


app.run()
