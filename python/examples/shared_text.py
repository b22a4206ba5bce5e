from coscribe.widgets.sync import Application

app = Application(title="Shared text")

@app.on_connect
def page(session):
    W = session.get_widgets()
    top, box, text, shown = W.TopLevel(title="Shared text"), W.VBox(spacing=8), W.TextEntry(), W.Label()
    text.on("modified", shown.set_text)
    box.add_widget(text)
    box.add_widget(shown)
    top.set_widget(box)
    top.show()

app.run()
