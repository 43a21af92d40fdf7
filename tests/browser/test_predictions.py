"""A prediction in JupyterLab, with the keyboard alone: commit, reveal, and what is kept."""

import pytest

CELLS = (
    "from parti_edu.exercises import predict",
    'predict("00.{name}", "wider or narrower?", lambda: jump, choices=["wider", "narrower"])',
    'jump = "narrower"',
)


@pytest.fixture
def asked(write, page, request):
    """(notebook, its widget) with the question asked."""
    name = request.node.name
    with page(write(name, *(cell.replace("{name}", name) for cell in CELLS))) as notebook:
        for cell in (0, 1):
            notebook.run(cell)
        notebook.page.get_by_role("button", name="Commit", exact=True).wait_for()
        yield notebook


def press(notebook, name):
    notebook.page.get_by_role("button", name=name, exact=True).press("Enter")


def told(notebook, words):
    notebook.page.get_by_role("status").filter(has_text=words).wait_for()


def becomes(control, state):
    """Wait for a state that comes after its words: each is a message of its own."""
    control.and_(control.page.locator(f":{state}")).wait_for()


def test_the_reveal_waits_for_a_prediction_and_for_the_cell(asked):
    show = asked.page.get_by_role("button", name="Reveal", exact=True)
    becomes(show, "disabled")
    press(asked, "Commit")
    told(asked, "Choose first, then commit.")
    asked.page.get_by_role("radio").first.press("Space")
    press(asked, "Commit")
    told(asked, "Kept.")
    press(asked, "Reveal")
    told(asked, "Run the cell that works it out first")
    asked.run(2)
    press(asked, "Reveal")
    told(asked, "You said “wider”; it is “narrower”.")
    becomes(show, "disabled")


def test_what_was_committed_is_there_when_the_cell_is_run_again(asked):
    asked.page.get_by_role("radio").nth(1).press("Space")
    press(asked, "Commit")
    told(asked, "Kept.")
    asked.run(1)
    told(asked, "Your prediction is kept.")
    becomes(asked.page.get_by_role("radio").nth(1), "checked")
    asked.run(2)
    press(asked, "Reveal")
    told(asked, "and so it is.")
