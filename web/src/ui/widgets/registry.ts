// Which component draws which kind of widget. Invariant: one row a kind; what has none is said to be not drawn.

import type { Component } from 'svelte';

import BoxLayout from './BoxLayout.svelte';
import ButtonWidget from './ButtonWidget.svelte';
import CheckWidget from './CheckWidget.svelte';
import ColorWidget from './ColorWidget.svelte';
import ComboBox from './ComboBox.svelte';
import Dial from './Dial.svelte';
import DialogWindow from './DialogWindow.svelte';
import Expander from './Expander.svelte';
import FileRequest from './FileRequest.svelte';
import FixedLayout from './FixedLayout.svelte';
import Frame from './Frame.svelte';
import GridLayout from './GridLayout.svelte';
import HtmlView from './HtmlView.svelte';
import ImageWidget from './ImageWidget.svelte';
import LabelWidget from './LabelWidget.svelte';
import MenuBar from './MenuBar.svelte';
import PageWindow from './PageWindow.svelte';
import ProgressBar from './ProgressBar.svelte';
import ScrollArea from './ScrollArea.svelte';
import Separator from './Separator.svelte';
import Slider from './Slider.svelte';
import SpinBox from './SpinBox.svelte';
import Splitter from './Splitter.svelte';
import StackPages from './StackPages.svelte';
import StatusBar from './StatusBar.svelte';
import TableWidget from './TableWidget.svelte';
import Tabs from './Tabs.svelte';
import TextArea from './TextArea.svelte';
import TextEntry from './TextEntry.svelte';
import ToggleButton from './ToggleButton.svelte';
import ToolBar from './ToolBar.svelte';
import ToolBarAction from './ToolBarAction.svelte';
import VideoWidget from './VideoWidget.svelte';
import type { WidgetModel } from './widget.svelte';
import WindowFrame from './WindowFrame.svelte';

type Drawn = Component<{ model: WidgetModel }>;

const COMPONENTS: { readonly [kind: string]: Drawn } = {
  Box: BoxLayout,
  VBox: BoxLayout,
  HBox: BoxLayout,
  ButtonBox: BoxLayout,
  GridBox: GridLayout,
  FixedLayout,
  Frame,
  Expander,
  Splitter,
  TabWidget: Tabs,
  StackWidget: StackPages,
  ScrollArea,
  AbstractScrollArea: ScrollArea,
  Separator,
  TopLevel: WindowFrame,
  Page: PageWindow,
  Dialog: DialogWindow,
  Button: ButtonWidget,
  CheckBox: CheckWidget,
  RadioButton: CheckWidget,
  ToggleButton,
  TextEntry,
  TextEntrySet: TextEntry,
  TextArea,
  ComboBox,
  SpinBox,
  Slider,
  Dial,
  ProgressBar,
  Label: LabelWidget,
  StatusBar,
  ToolBar,
  ToolBarAction,
  MenuBar,
  ColorWidget,
  Image: ImageWidget,
  Canvas: ImageWidget,
  HtmlView,
  ExternalWidget: HtmlView,
  TableView: TableWidget,
  TreeView: TableWidget,
  VideoWidget,
  FileDialog: FileRequest,
};

/** Kinds that have no place of their own: a menu stands in a bar, and a timer runs on the server. */
const HIDDEN: ReadonlySet<string> = new Set(['Timer', 'Menu', 'MenuAction', 'TextBufferRef']);

export function componentOf(kind: string): Drawn | undefined {
  return Object.hasOwn(COMPONENTS, kind) ? COMPONENTS[kind] : undefined;
}

/** A program builds them first and shows them when they are whole. */
const SHOWN_LATER: ReadonlySet<string> = new Set(['TopLevel', 'Dialog']);

export function isShownLater(kind: string): boolean {
  return SHOWN_LATER.has(kind);
}

export function isHidden(kind: string): boolean {
  return HIDDEN.has(kind);
}
