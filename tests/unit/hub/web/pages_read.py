"""What a page must have for everybody to use it, read from its HTML."""

from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


class Page(HTMLParser):
    """A page as its tags: ``problems`` lists what is missing or forbidden."""

    def __init__(self, html: str) -> None:
        """Read ``html`` whole."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.problems: list[str] = []
        self.feed(html)
        self.close()
        self._judge()

    @property
    def text(self) -> str:
        """The words a reader sees, one space between."""
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, and refuse what the content policy would."""
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag not in VOID:
            self._open.append(tag)
        if "style" in found or any(name.startswith("on") for name in found):
            self.problems.append(f"inline style or handler on {tag}")

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, which must be the last one opened."""
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"{tag} closed out of order")

    def handle_data(self, data: str) -> None:
        """Keep the words; none may stand inside a script or a style."""
        if self._open and self._open[-1] in ("script", "style") and data.strip():
            self.problems.append("inline script or style")
        self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of every ``tag``."""
        return [attrs for name, attrs in self.tags if name == tag]

    def field(self, name: str) -> str:
        """Return the value of the first field of that name."""
        return next(attrs["value"] for attrs in self.named("input") if attrs.get("name") == name)

    def _judge(self) -> None:
        ids = [attrs["id"] for _, attrs in self.tags if "id" in attrs]
        self._want(len(ids) == len(set(ids)), "an id twice")
        self._want(self.named("html")[0].get("lang") == "fr", "no language")
        self._want(len(self.named("h1")) == 1, "not one h1")
        for landmark in ("header", "main", "footer"):
            self._want(len(self.named(landmark)) == 1, f"not one {landmark}")
        self._want(any(a.get("class") == "skip" and a["href"] == "#contenu" for a in self.named("a")), "no skip link")
        self._want(len(self.named("table")) == len(self.named("caption")), "a table without caption")
        labelled = {attrs.get("for") for attrs in self.named("label")}
        for tag in ("input", "select"):
            for attrs in self.named(tag):
                hidden = attrs.get("type") == "hidden"
                self._want(hidden or attrs.get("id") in labelled, f"{tag} {attrs.get('name')} without label")
        for _, attrs in self.tags:
            for name in ("aria-describedby", "aria-labelledby"):
                self._want(set(attrs.get(name, "").split()) <= set(ids), f"{name} {attrs.get(name)} names nothing")
            for name in ("src", "href"):
                self._want(not attrs.get(name, "").startswith("http"), f"outside: {attrs.get(name)}")
        self._want(not self._open, f"left open: {self._open}")
        self._want("coffre-fort" not in self.text, "the regulated name")

    def _want(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)
