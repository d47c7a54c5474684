"""under500 serve NAME: an entry as an OpenAI-compatible server."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json

PORT = 8500


def serve(
    name: Annotated[
        str, typer.Argument(help="Entry to serve: baseline, reference, or your notebook.ipynb.")
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes any free one.")
    ] = PORT,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen at; the default is reached only from here, any other needs a key in "
            "UNDER500_SERVE_KEY."
        ),
    ] = "127.0.0.1",
    as_json: Json = False,
) -> None:
    """Serve an entry to OpenAI-compatible clients until interrupted, without the emulated distance."""
    from harness import entries
    from harness.chat.chat_app import chat_app
    from harness.chat.chat_server import listen, server
    from harness.chat.serving_key import serving_key
    from harness.chat.span_export import export_spans
    from harness.measure.service.notebook_entry import is_notebook

    key, exported = serving_key(host), export_spans()
    with closing(listen(host, port)) as listener:
        with console.status("Loading models …"):
            entry = entries.entry_named(name)
        model = Path(name).stem if is_notebook(name) else name
        url = f"http://{_in_url(host)}:{listener.getsockname()[1]}/v1"
        console.print(f"{model} is served at {url} (Ctrl-C stops).", highlight=False)
        console.print(f"To talk to it in a browser: {url.removesuffix('v1')}", highlight=False)
        if exported:
            console.print("Its spans are exported by OTLP.")
        if as_json:
            print_json({"url": url, "model": model})
        with suppress(KeyboardInterrupt):  # uvicorn raises it again after a clean stop
            server(chat_app(model, entry.assistant, key), host).run([listener])


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
