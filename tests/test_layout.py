"""The layout of the code: who may import whom, how large things may be, what templates may hold."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What each package may import of the product besides itself; a package that does not exist yet is skipped.
MAY_IMPORT = {
    "carecore": set(),
    "funds": {"carecore"},
    "sanatorium": {"carecore", "funds"},
    "visits": {"carecore", "funds"},
}
# Inside a business: each kind of module may import the kinds before it, never those after it.
LAYERS = [
    {"models"},
    {"rules", "ledger", "queries"},
    {"workflow"},
    {"forms", "filters", "resources", "tables"},
    {"views", "admin"},
    {"urls"},
]
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base"}
MAX_FILE_LINES, MAX_FUNCTION_LINES = 500, 60

CODE = [
    path
    for package in MAY_IMPORT
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.relative_to(ROOT).parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in CODE}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def name_of(path):
    return str(path.relative_to(ROOT))


def imported_modules(path):
    """The dotted names that a file imports, relative ones resolved, each with its line."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def layer(parts):
    return next((index for index, kinds in enumerate(LAYERS) if len(parts) > 1 and parts[1] in kinds), None)


def upward_imports(path):
    own = path.relative_to(ROOT).with_suffix("").parts
    for module, line in imported_modules(path):
        parts = module.split(".")
        if parts[0] in MAY_IMPORT and parts[0] != own[0] and parts[0] not in MAY_IMPORT[own[0]]:
            yield f"line {line}: {own[0]} may not import {module}"
        elif parts[0] == own[0] != "carecore":
            here, there = layer(own), layer(parts)
            if here is not None and there is not None and there > here:
                yield f"line {line}: {own[1]} may not import {module}"


def functions(path):
    return [node for node in ast.walk(TREES[path]) if isinstance(node, FUNCTIONS)]


def unannotated(function):
    """The arguments of a function without an annotation, and its result if that has none."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    missing = [a.arg for a in named if a.annotation is None and a.arg not in {"self", "cls"}]
    return missing + ([] if function.returns or function.name == "__init__" else ["return"])


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_imports_go_downwards_only(path):
    assert list(upward_imports(path)) == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_import_hides_inside_a_function(path):
    hidden = [
        node.lineno
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_signals(path):
    modules = [module for module, _ in imported_modules(path)]
    assert [module for module in modules if re.search(r"\bsignals\b|\breceiver\b", module)] == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_modules_are_named_by_what_they_hold(path):
    assert not FORBIDDEN_NAMES & set(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", [*CODE, *TESTS, *TEMPLATES], ids=name_of)
def test_files_stay_readable_in_one_go(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE_LINES


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_functions_stay_on_one_screen(path):
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions(path)}
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_signatures_are_annotated(path):
    found = {node.name: missing for node in functions(path) if (missing := unannotated(node))}
    assert found == {}


@pytest.mark.parametrize(
    "path", [path for path in CODE if path.relative_to(ROOT).parts[1].startswith("workflow")], ids=name_of
)
def test_a_workflow_never_sees_a_request_or_a_form(path):
    web = re.compile(r"django\.(http|forms|views|shortcuts)|django_filters")
    assert [module for module, _ in imported_modules(path) if web.match(module)] == []
    names = {a.arg for f in functions(path) for a in [*f.args.args, *f.args.kwonlyargs]}
    assert not names & {"request", "form", "filterset"}


INLINE = {
    "script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "hx-on": re.compile(r"\bhx-on\b", re.I),
    "javascript link": re.compile(r"javascript:", re.I),
}


def inline_parts(html):
    return [name for name, pattern in INLINE.items() if pattern.search(html)]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_hold_no_inline_script_or_style(path):
    assert inline_parts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="/static/care.js" defer></script>', []),
        ('<a class="style" href="/x?on=1">on = 1</a>', []),
        ("<script>1</script>", ["script"]),
        ("<style>p{}</style>", ["style element"]),
        ('<p\n style="x">', ["style attribute"]),
        ('<a href="#" onclick="x()">', ["event attribute"]),
        ('<a href="javascript:x()">', ["javascript link"]),
    ],
)
def test_the_search_for_inline_parts_finds_them(html, found):
    assert inline_parts(html) == found


def test_the_annotation_check_finds_what_is_missing():
    function = ast.parse("def f(self, a, *b, c: int = 1, **d): ...").body[0]
    assert unannotated(function) == ["a", "b", "d", "return"]
