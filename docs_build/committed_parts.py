"""Writes the generated parts that are committed in the pages, so that a page reads whole without building the site.

A part stands between two comments, and this script rewrites what is between them: python docs_build/committed_parts.py

    <!-- generated: results NAME -->      a part of the committed benchmark, see results.py
    <!-- generated: code PATH -->         a file of the repository
    <!-- generated: code PATH NAME -->    what a Python module defines under a name; `imports` for its imports
    <!-- end -->
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import results

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_PART = re.compile(r"(<!-- generated: (\w+) (\S+)(?: (\w+))? -->\n).*?(<!-- end -->)", re.DOTALL)


def rewrite(page: str) -> str:
    """A page with its parts as the code and the committed results have them now."""
    return _PART.sub(lambda found: f"{found[1]}\n{_part(*found.group(2, 3, 4))}\n\n{found[5]}", page)


def _part(kind: str, what: str, name: str | None) -> str:
    match kind:
        case "results":
            return results.part(what)
        case "code":
            return code(what, name or "")
        case _:
            raise ValueError(f"no part is called {kind}")


def code(path: str, name: str = "") -> str:
    """A file of the repository as a block of code, or what a Python module defines under a name at its top level.

    Raises:
        OSError: When there is no such file.
        ValueError: When there is no such name in it.
    """
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.splitlines()
    if name:
        body = ast.parse(text).body
        found = [i for i, node in enumerate(body) if name in _defined(node)]
        if not found:
            raise ValueError(f"{path} defines no {name} at its top level")
        first, last = body[found[0]], body[found[-1]]
        after = body[found[-1] + 1 : found[-1] + 2]
        if isinstance(last, ast.Assign) and after and isinstance(after[0], ast.Expr):
            last = after[0]  # the text below a constant that says what it is
        start = min(part.lineno for part in (first, *getattr(first, "decorator_list", ())))
        lines = lines[start - 1 : last.end_lineno]
    language = {".py": "python", ".md": "markdown"}.get(Path(path).suffix, Path(path).suffix[1:])
    return "\n".join((f"```{language}", *lines, "```"))


def _defined(node: ast.stmt) -> tuple[str, ...]:
    """The names that a statement of a module defines; `imports` for its imports."""
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return (name,)
        case ast.Assign(targets=targets):
            return tuple(part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case ast.Import() | ast.ImportFrom() | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return ("imports",)
    return ()


def main() -> None:
    """Rewrite every page that has such parts."""
    for path in PAGES:
        before = path.read_text(encoding="utf-8")
        after = rewrite(before)
        if after != before:
            path.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
