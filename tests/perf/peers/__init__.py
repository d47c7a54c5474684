"""Other ways to build the same assistant, measured beside ours."""
