"""Each browser has a note of its own; "Send" puts it before everybody."""

from coscribe.widgets.sync import Application

app = Application(title="Notes")


@app.on_connect(scope="client")
def page(client):
    W = client.get_widgets()
    top, box = W.TopLevel(title="Notes"), W.VBox(spacing=8)
    note, send, shown = W.TextEntry(), W.Button("Send"), W.Label("Nothing yet")
    client.state["shown"] = shown

    def to_all():
        for other in client.session.clients:
            other.state["shown"].text = f"{client.name}: {note.text}"

    send.on("activated", to_all)
    for widget in (note, send, shown):
        box.add_widget(widget)
    top.set_widget(box)
    top.show()


app.run()
