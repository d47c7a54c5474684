"""A stock stack: LangChain, FAISS, sentence-transformers and llama-cpp-python, as their guides join them.

It gets what our reference gets: the same vectors, the same model file, the same prompt, and one passage; and
in llama.cpp the same context, batch, layers on a GPU, and numbers of threads, as measured at load. It
searches all passages by cosine alone, and its answers are what the model writes.
"""

from dataclasses import asdict

from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.llms import LlamaCpp
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings

from harness import baseline
from harness.assistant import Answer, Chunk, Done, Token
from harness.kb.articles import chunks
from harness.models.catalog import MINILM
from harness.models.engines.language_model import END_OF_TURN
from harness.serve.entry import Entry
from harness.serve.network import KEEP_ALIVE
from harness.stages.prompt import join_pointer, split_pointer, stuffed_prompt

MAX_TOKENS = 64  # as ours


def entry(file, ours):
    """Return the stack with the model in `file`, set up as the LlamaModel `ours`, with a kept connection."""
    stack = LangChainStack(file, ours)
    return Entry("LangChain", stack, KEEP_ALIVE, forget=stack.llm.client.reset)


class LangChainStack:
    """An assistant that retrieves one passage and streams what the model writes about it."""

    def __init__(self, file, ours):
        self.store = _store(HuggingFaceEmbeddings(model_name=str(MINILM.verified().parent)))
        self.llm = LlamaCpp(
            model_path=str(file),
            n_ctx=ours.context.n_ctx,
            n_batch=ours.context.n_ctx,
            n_gpu_layers=ours.context.n_gpu_layers,
            n_threads=ours.threads.decode,
            model_kwargs={"n_threads_batch": ours.threads.prefill},
            max_tokens=MAX_TOKENS,
            temperature=0.0,
            repeat_penalty=1.0,  # LangChain's own 1.1 would punish an answer that repeats its passage
            stop=[END_OF_TURN],
            verbose=False,
        )

    def stream(self, question):
        """Yield the text as it is written, then the answer with its one citation."""
        [found] = self.store.similarity_search(question.text, k=1)
        chunk, text = Chunk(**found.metadata), ""
        # The first piece has a word of the answer, as ours has.
        for piece in join_pointer(self.llm.stream(stuffed_prompt(question, [chunk]))):
            text += piece
            yield Token(piece)
        pointer, sentence = split_pointer(text)
        yield Done(Answer(sentence, (chunk.id,) if pointer else ()))


def _store(embeddings):
    """Return all passages in FAISS with the vectors that `prepare` has made."""
    documents = {
        str(row): Document(chunk.text, metadata=asdict(chunk)) for row, chunk in enumerate(chunks())
    }
    vectors = baseline.knowledge_vectors()
    store = FAISS.from_embeddings([("", vectors[0])], embeddings)
    store.index.reset()
    store.index.add(vectors)
    store.docstore = InMemoryDocstore(documents)
    store.index_to_docstore_id = {row: str(row) for row in range(len(vectors))}
    return store
