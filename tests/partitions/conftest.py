import pytest

import plait


class Workplace:
    """A folder with partitioned texts, a catalog over it, and runs that remember."""

    def __init__(self, folder):
        self.folder = folder
        self.calls_file = folder / "calls"

    def write(self, dataset, **texts):
        (self.folder / dataset).mkdir(exist_ok=True)
        for key, text in texts.items():
            (self.folder / dataset / f"{key}.txt").write_text(text)

    def remove(self, dataset, *keys):
        for key in keys:
            (self.folder / dataset / f"{key}.txt").unlink()

    def read(self, dataset):
        return {path.stem: path.read_text() for path in sorted((self.folder / dataset).glob("*.txt"))}

    @property
    def calls(self):
        """What the nodes that count their calls were given since it was last asked."""
        lines = self.calls_file.read_text().split() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return sorted(lines)

    def catalog(self, *partitioned, **others):
        entries = {name: f"{name}/*.txt" for name in partitioned} | others
        return plait.DataCatalog.from_config(entries, root=self.folder)

    def run(self, nodes, catalog, **how):
        how = {"raise_errors": False, "parameters": {"calls": str(self.calls_file)}} | how
        return plait.run(plait.pipeline(nodes), catalog, state=self.folder / ".plait", **how)


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


@pytest.fixture(params=["inline", "threads", "processes"])
def executor(request):
    return request.param
