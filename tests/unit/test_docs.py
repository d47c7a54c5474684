"""The pages of docs/: generated ones are up to date, links lead somewhere, the site has them all."""

import json
import re

import pytest
import typer
import yaml

from harness.cli.command_reference import reference
from harness.cli.main import app
from harness.cli.readme_pictures import films
from tests.page_commands import commands

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def pages(value):
    """Yield the files of a navigation, however deep."""
    if isinstance(value, str):
        yield value
    else:
        for item in value.values() if isinstance(value, dict) else value:
            yield from pages(item)


@pytest.fixture
def docs(root):
    return root / "docs"


def test_the_page_of_commands_is_up_to_date(docs):
    text = (docs / "commands.md").read_text(encoding="utf-8")
    assert text == reference(app), "Run `make docs` and commit docs/commands.md."


def test_every_page_is_in_the_navigation_of_the_site(root, docs):
    site = yaml.safe_load((root / "mkdocs.yml").read_text())
    assert sorted(pages(site["nav"])) == sorted(path.name for path in docs.glob("*.md"))
    assert site["strict"]


def test_links_between_pages_lead_somewhere(docs):
    broken = [
        (path.name, link)
        for path in docs.glob("*.md")
        for link in LINK.findall(path.read_text(encoding="utf-8"))
        if "://" not in link and not (docs / link).exists()
    ]
    assert broken == []


def test_every_verb_has_a_section(docs):
    sections = re.findall(r"^## (under500.*)$", (docs / "commands.md").read_text(), re.M)
    assert {"under500 check", "under500 progress", "under500 workshop start"} <= set(sections)


def test_links_and_pictures_of_the_readme_lead_somewhere(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    targets = [*LINK.findall(text), *re.findall(r'src(?:set)?="([^"]+)"', text)]
    assert len(targets) > 20
    assert [t for t in targets if "://" not in t and not (root / t).exists()] == []


def test_the_readme_can_be_read_in_four_minutes(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    prose = re.sub(r"^\|.*|<[^>]+>|```.*?```", "", text, flags=re.M | re.S)
    assert len(prose.split()) <= 800


def test_the_film_shows_the_kept_record(docs):
    record = json.loads((docs / "pictures" / "two-answers.json").read_text(encoding="utf-8"))
    for name, svg in films(record).items():
        assert (docs / "pictures" / name).read_text(encoding="utf-8") == svg, "Run `make pictures`."


PAGES = ("instructor.md", "workshop.md", "own-service.md", "bring-a-pipeline.md", "interview.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_has_its_verb_and_its_options(docs, page):
    found = commands(docs / page, "under500")
    assert found
    assert [line for line in found if not _is_known(line)] == []


def _is_known(words):
    """Return True if a command has the verb and the options of the words; values are not checked."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        command, words = command.commands.get(words[0]), words[1:]
    if command is None:
        return False
    options = {name for one in command.params for name in one.opts}
    return all(word in options for word in words if word.startswith("-"))
