import asyncio
from pgwidgets.async_ import Application

app = Application()


@app.on_connect
async def setup(session):
    W = session.get_widgets()

    top = await W.TopLevel(title="Async App", resizable=True)
    await top.resize(400, 300)

    vbox = await W.VBox(spacing=8)
    btn = await W.Button("Press me")
    label = await W.Label("Waiting...")

    btn.on("activated", lambda: label.set_text("Pressed!"))

    await vbox.add_widget(btn, 0)
    await vbox.add_widget(label, 1)
    await top.set_widget(vbox)
    await top.show()


asyncio.run(app.run())
