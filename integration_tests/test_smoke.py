from pgrecall import Collection, Item


async def test_a_stored_item_is_found(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0], "hello", {"page": 1})])

    matches = await store.search(tenant, "docs", [1, 0, 0])

    assert [(match.id, match.text, match.metadata) for match in matches] == [
        ("a", "hello", {"page": 1})
    ]
