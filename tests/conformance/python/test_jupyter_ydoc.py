"""Jupyter's server-side notebook model opens our live documents; what it reads is valid nbformat."""

import json
import unittest

import nbformat
from clients import connected, until
from jupyter_ydoc import YNotebook
from server import Server

FILES = ["nbformat_test4.5.ipynb", "tools_numpy.ipynb", "index.ipynb", "extra_gradient_descent_comparison.ipynb"]


def validate(notebook):
    """Strictly: nothing is repaired on the way."""
    nbformat.validate(nbformat.from_dict(notebook), relax_add_props=False)


def joined(text):
    return text if isinstance(text, str) else "".join(text)


class JupyterYdoc(unittest.IsolatedAsyncioTestCase):
    async def test_a_notebook_with_every_kind_of_cell_is_valid_nbformat_in_jupyters_model(self):
        with Server() as server:
            notebook, _ = server.create_notebook()
            async with connected(server, notebook) as doc:
                model = YNotebook(doc)
                await until(lambda: model.cell_number == 4, lambda: f"the cells are there: {model.cell_number}")
                content = model.get()
                self.assertEqual([cell["cell_type"] for cell in content["cells"]], ["code", "markdown", "code", "raw"])
                validate(content)

    async def test_imported_notebooks_are_valid_nbformat_in_jupyters_model(self):
        with Server() as server:
            for name in FILES:
                with self.subTest(name):
                    notebook = server.import_notebook(name)
                    cells = server.cell_ids(notebook)
                    async with connected(server, notebook) as doc:
                        model = YNotebook(doc)
                        await until(lambda: model.cell_number == len(cells), "the cells are there")  # noqa: B023
                        content = model.get()
                        self.assertEqual([cell["id"] for cell in content["cells"]], cells)
                        validate(content)

    async def test_edits_of_jupyters_model_arrive_and_converge(self):
        with Server() as server:
            notebook, _ = server.create_notebook()
            async with connected(server, notebook) as one, connected(server, notebook) as two:
                ann, bob = YNotebook(one), YNotebook(two)
                await until(lambda: ann.cell_number == bob.cell_number == 4, "both are there")
                source = ann.ycells[0]["source"]
                source += "\n2 + 2 😀"
                bob.append_cell({"cell_type": "markdown", "source": "from Python", "metadata": {}, "id": "python-1"})
                await until(lambda: ann.get() == bob.get() and ann.cell_number == 5, "both models are equal")
                exported = json.loads(server.request("GET", f"/api/notebooks/{notebook}/export?format=ipynb"))
                self.assertEqual(joined(exported["cells"][0]["source"]), "1 + 1\n2 + 2 😀")
                self.assertEqual(exported["cells"][4]["id"], "python-1")
                validate(exported)

    async def test_ln_54_a_physical_move_gives_one_copy_of_each_cell(self):
        with Server() as server:
            notebook, code = server.create_notebook()
            async with connected(server, notebook) as one, connected(server, notebook) as two:
                ann, bob = YNotebook(one), YNotebook(two)
                await until(lambda: ann.cell_number == bob.cell_number == 4, "both are there")
                # What Jupyter does to move a cell: delete it and insert a copy with the same id.
                cell = ann.get_cell(0)
                with one.transaction():
                    del ann.ycells[0]
                    ann.ycells.insert(2, ann.create_ycell(cell))
                order = ["note-1", "prompt-1", code, "raw-1"]
                ids = lambda model: [cell["id"] for cell in model.get()["cells"]]  # noqa: E731
                await until(lambda: ids(bob) == order, lambda: f"the move arrives: {ids(bob)}")
                await until(lambda: server.cell_ids(notebook) == order, lambda: f"REST: {server.cell_ids(notebook)}")
                validate(bob.get())


class Exports(unittest.TestCase):
    def test_every_export_is_valid_nbformat_4_5(self):
        with Server() as server:
            notebooks = [server.create_notebook()[0], *map(server.import_notebook, FILES)]
            for notebook in notebooks:
                with self.subTest(notebook):
                    content = server.request("GET", f"/api/notebooks/{notebook}/export?format=ipynb")
                    parsed = json.loads(content)
                    self.assertEqual((parsed["nbformat"], parsed["nbformat_minor"]), (4, 5))
                    validate(parsed)
                    again = server.request("GET", f"/api/notebooks/{notebook}/export?format=ipynb")
                    self.assertEqual(content, again, "the export is deterministic")

    def test_an_export_imported_again_exports_the_same(self):
        with Server() as server:
            for name in FILES:
                with self.subTest(name):
                    first = server.request("GET", f"/api/notebooks/{server.import_notebook(name)}/export?format=ipynb")
                    answer = server.request("POST", "/api/notebooks/import", first, "application/x-ipynb+json")
                    notebook = json.loads(answer)["id"]
                    second = server.request("GET", f"/api/notebooks/{notebook}/export?format=ipynb")
                    self.assertEqual(json.loads(first), json.loads(second))

    def test_a_broken_notebook_is_refused_with_the_place(self):
        with Server() as server, self.assertRaises(Exception) as refusal:
            server.import_notebook("nbformat_invalid.ipynb")
        self.assertEqual(refusal.exception.code, 422)
        message = json.loads(refusal.exception.read())["error"]["message"]
        self.assertRegex(message, r"cell")


if __name__ == "__main__":
    unittest.main()
