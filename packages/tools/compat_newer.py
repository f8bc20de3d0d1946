"""Tests that ask for what only newer versions of a framework have, by the set that has older ones.

None of them shows a fault of pgrecall: each wants an answer, a class or an argument of the
framework's own that came later than the lowest version that is allowed.
"""

from __future__ import annotations

_CLI = "unit_tests/cli"
_COMMANDS = "integration_tests/cli"
_GRAPH = "integration_tests/langgraph"
_INDEX = "integration_tests/llama_index"
_SUITE = f"{_INDEX}/test_llama_index_conformance.py::TestPgRecallVectorStore"

NEWER = {
    "lowest-core": (
        # typer below 0.26 keeps no help of an argument
        f"{_CLI}/test_cli_refusals.py::test_what_cannot_be_taken_is_told_in_our_words[search n-",
        # wants the model of the demo
        f"{_CLI}/test_cli_rooms.py::test_only_the_demo_imports_the_texts_of_the_demo",
    ),
    "lowest-demo": (
        # rich below 14.3 begins with an empty line where there is no terminal
        f"{_COMMANDS}/test_cli_commands.py::test_an_index_that_cannot_be_is_told",
        f"{_COMMANDS}/test_cli_round_trip.py::test_what_differs_from_a_collection_that_is_there_is_told",
        # wants mcp
        f"{_COMMANDS}/test_cli_commands.py::test_every_example_of_the_help_works",
    ),
    "lowest-langchain": (
        # its store, and not ours, refuses these namespaces from langgraph-checkpoint 4 on
        f"{_GRAPH}/search/test_langgraph_store_search_together.py::test_one_search_has_boosts_of_its_own",
        f"{_GRAPH}/test_langgraph_store.py::test_a_namespace_that_langgraph_refuses_is_refused",
        # its serializer has no list of trusted modules before
        f"{_GRAPH}/test_langgraph_cache.py::test_a_class_of_the_callers_is_kept_where_the_serializer_trusts_it",
        f"{_GRAPH}/test_langgraph_saver.py::test_a_clone_with_an_allowlist_keeps_the_same_threads",
        # nor has it delta channels
        f"{_GRAPH}/test_langgraph_saver.py::test_pruning_keeps_what_a_delta_channel_is_made_of",
    ),
    "lowest-llama-index": (
        # its reference gave a missing key no NE and no NIN, and knew no TEXT_MATCH_INSENSITIVE
        f"{_SUITE}::test_an_operator_matches_what_the_reference_matches",
        f"{_SUITE}::test_a_condition_matches_what_the_reference_matches",
        f"{_INDEX}/test_llama_index_filters.py::test_random_filters_find_what_the_reference_says",
        # its retrievers left out what the index did not insert itself
        f"{_SUITE}::test_an_index_retrieves_and_deletes_through_the_store",
        f"{_SUITE}::test_an_index_over_a_filled_store_retrieves",
        # it embedded the question of every query
        f"{_INDEX}/test_llama_index_framework.py::test_a_text_query_embeds_nothing",
        # its Memory takes no chat store
        f"{_INDEX}/test_llama_index_framework.py::test_a_memory_remembers_what_left_its_window",
        f"{_INDEX}/test_llama_index_chats.py::test_memory_archives_what_is_old_and_goes_on_after_a_restart",
    ),
}
