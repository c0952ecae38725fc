"""Patches: the verb decides, targets are found or asked for, and losses are told."""

from typing import Any

import pytest

from chassis.errors import InvalidInputError
from generator_svc.domain.patch import Change, Rename, SpecPatch
from generator_svc.domain.spec import FieldType, ProjectSpec, RelationKind
from generator_svc.planner import PlanRequest, SpecDocument, plan
from generator_svc.planner.patch import PatchPlan, PatchRequest, plan_patch

PARENT = plan(
    PlanRequest(
        prompt="A blog with users, posts and comments. Users have a name, an email, an address and"
        " a phone. Posts have a title, a body and a status (draft, published)."
    )
).spec


def patched(prompt: str = "", patch: Any = None, spec: ProjectSpec = PARENT) -> PatchPlan:
    """Return the plan of a change."""
    return plan_patch(PatchRequest(spec=spec, prompt=prompt, patch=patch))


def refused(prompt: str = "", patch: Any = None) -> list[tuple[str, str]]:
    """Return the field and the reason of each violation of a change."""
    with pytest.raises(InvalidInputError) as caught:
        patched(prompt, patch)
    assert caught.value.reason == "PLAN_REFUSED"
    return [(each.field, each.reason) for each in caught.value.violations]


def fields_of(planned: PatchPlan, entity: str) -> list[str]:
    """Return the names of an entity's fields after a change."""
    return [f.name for e in planned.spec.entities if e.name == entity for f in e.fields]


DROPS = {
    "Remove the address field": "User.address",
    "Remove address from users": "User.address",
    "Delete the user's phone": "User.phone",
    "Get rid of the address column in the users table": "User.address",
    "Drop the author relation from posts": "Post.author",
    "Please remove the Comment model": "Comment",
    "We no longer need comments": "Comment",
}


@pytest.mark.parametrize("prompt", DROPS)
def test_a_verb_of_dropping_drops(prompt: str) -> None:
    """Takes `remove the address field` for a drop, and never for anything else."""
    planned = patched(prompt)
    assert planned.patch == SpecPatch(drop=(DROPS[prompt],))
    assert [loss.target for loss in planned.losses][:1] == [DROPS[prompt]]
    assert planned.losses[0].reason == "DROPPED"


def test_a_dropped_field_is_gone_and_nothing_else() -> None:
    """Leaves every other member as it was."""
    planned = patched("Remove the address field")
    assert fields_of(planned, "User") == ["name", "email", "phone"]
    assert planned.spec.entities[1:] == PARENT.entities[1:]


ADDS: dict[str, dict[str, dict[str, Any]]] = {
    "Add a birthday to users": {"User.birthday": {"type": "date"}},
    "Give posts a subtitle up to 80 characters": {
        "Post.subtitle": {"type": "string", "max_length": 80}
    },
    "Add a priority (low, medium, high) to posts": {
        "Post.priority": {"type": "enum", "values": ["low", "medium", "high"]}
    },
    "Add an optional due date and a rating to posts": {
        "Post.due_date": {"type": "date"},
        "Post.rating": {"type": "integer", "minimum": "1", "maximum": "5"},
    },
    "Add user authentication": {"auth": {}},
    "Enable authentication": {"auth": {}},
}


@pytest.mark.parametrize("prompt", ADDS)
def test_a_verb_of_adding_adds(prompt: str) -> None:
    """Adds fields where they belong, and features."""
    planned = patched(prompt)
    assert {change.target: dict(change.keys) for change in planned.patch.add} == ADDS[prompt]
    assert not planned.losses


def test_authentication_is_a_feature_and_no_field() -> None:
    """Takes `add user authentication` for the feature, whatever `user` is besides."""
    planned = patched("Add user authentication")
    assert planned.spec.features.auth
    assert planned.spec.entities == PARENT.entities


def test_adds_an_entity_with_its_fields() -> None:
    """Reads a new entity and what it has."""
    planned = patched("Add a Review entity with a rating and a body")
    [entity] = [each for each in planned.spec.entities if each.name == "Review"]
    assert [(f.name, f.type) for f in entity.fields] == [
        ("rating", FieldType.INTEGER),
        ("body", FieldType.TEXT),
    ]


def test_reads_statements_without_a_verb_of_change() -> None:
    """Reads plain statements as additions to what is there."""
    planned = patched("A post belongs to a category. A category has a name.")
    [post] = [each for each in planned.spec.entities if each.name == "Post"]
    [category] = [each for each in post.relations if each.name == "category"]
    assert (category.kind, category.target) == (RelationKind.MANY_TO_ONE, "Category")
    assert not category.required  # rows that are there have none


def test_what_is_added_and_called_required_is_told() -> None:
    """Tells that rows which are there have no value of a new required field."""
    planned = patched("Add a required rating to posts")
    assert [(loss.target, loss.reason) for loss in planned.losses] == [("Post.rating", "NARROWED")]


def test_rename_is_rename() -> None:
    """Renames a field, found by its name or by its entity, and loses nothing."""
    for prompt in ("Rename title to headline", "Rename the title of posts to headline"):
        planned = patched(prompt)
        assert planned.patch == SpecPatch(rename=(Rename(target="Post.title", to="headline"),))
        assert fields_of(planned, "Post") == ["headline", "body", "status"]
        assert not planned.losses


def test_renames_an_entity_wherever_it_is_named() -> None:
    """Lets relations follow the entity."""
    planned = patched("Rename the Post entity to Article")
    assert [each.name for each in planned.spec.entities] == ["User", "Article", "Comment"]
    assert [r.target for e in planned.spec.entities for r in e.relations].count("Article") == 1
    assert not planned.losses


ALTERS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "Make the email unique": ("User.email", {"unique": True}, True),
    "The title of a post must be unique": ("Post.title", {"unique": True}, True),
    "Limit the title to 80 characters": ("Post.title", {"max_length": 80}, True),
    "Increase the max length of title to 300": ("Post.title", {"max_length": 300}, False),
    "Make the title of posts optional": ("Post.title", {"required": None}, False),
    "Make phone required": ("User.phone", {"required": True}, True),
    "Change status to text": ("Post.status", {"type": "text", "values": None}, False),
    "Change the type of phone to integer": (
        "User.phone",
        {"type": "integer", "max_length": None},
        True,
    ),
}


@pytest.mark.parametrize("prompt", ALTERS)
def test_a_verb_of_changing_alters(prompt: str) -> None:
    """Alters the keys that are named, and tells what that would narrow."""
    target, keys, narrows = ALTERS[prompt]
    planned = patched(prompt)
    assert planned.patch == SpecPatch(alter=(Change(target=target, keys=keys),))
    assert [loss.reason for loss in planned.losses] == (["NARROWED"] if narrows else [])


def test_several_changes_in_one_sentence() -> None:
    """Reads each change of a sentence by its own verb."""
    planned = patched(
        "Remove the Comment model, rename body to content in posts and add a subtitle to posts"
    )
    assert planned.patch.drop == ("Comment",)
    assert planned.patch.rename == (Rename(target="Post.body", to="content"),)
    assert [change.target for change in planned.patch.add] == ["Post.subtitle"]
    assert fields_of(planned, "Post") == ["title", "content", "status", "subtitle"]


def test_an_addition_follows_a_rename_in_the_same_sentence() -> None:
    """Adds to the entity by the name it gets."""
    planned = patched("Rename the Post entity to Article and add a subtitle to posts")
    assert "subtitle" in fields_of(planned, "Article")


def test_soft_delete_for_one_and_for_all() -> None:
    """Switches an option on where it is asked for."""
    everywhere = patched("Add soft delete").spec
    assert all(entity.options.soft_delete for entity in everywhere.entities)
    posts = patched("Add soft delete to posts").spec
    assert [entity.options.soft_delete for entity in posts.entities] == [False, True, False]
    back = patched("Remove soft delete from posts", spec=everywhere).spec
    assert [entity.options.soft_delete for entity in back.entities] == [True, False, True]


def test_access_and_ownership_bring_authentication() -> None:
    """Adds what a change needs."""
    assert patched("Only admins can delete posts").spec.features.auth
    owned = patched("Each user can only see their own posts").spec
    assert owned.features.auth
    assert owned.entities[1].options.owner


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("Remove the foo field", "UNKNOWN_TARGET"),
        ("Remove the body", "AMBIGUOUS"),
        ("Add the title", "AMBIGUOUS"),
        ("Add a phone to users", "ALREADY_THERE"),
        ("Add a colour to cars", "NOT_UNDERSTOOD"),
        ("Add websockets", "UNSUPPORTED_CAPABILITY"),
        ("Please do something funny", "NOT_UNDERSTOOD"),
        ("Switch to SQLite", "STACK_IS_FIXED"),
        ("Make posts unique", "NOT_UNDERSTOOD"),
        ("Make the author unique", "AMBIGUOUS"),
        ("Make the title required", "NOTHING_TO_CHANGE"),
    ],
)
def test_refuses_what_it_cannot_do(prompt: str, reason: str) -> None:
    """Refuses with the rule, and makes nothing."""
    assert refused(prompt) == [("modification_prompt", reason)]


def test_the_result_passes_the_one_validator() -> None:
    """Refuses a patch whose result breaks a rule, naming the path in the result."""
    alter = [{"target": "Post.title", "min_length": 500}]
    assert refused(patch={"alter": alter}) == [
        ("entities[1].fields[0].max_length", "IMPOSSIBLE_BOUNDS")
    ]


def test_applies_an_explicit_patch() -> None:
    """Takes a patch as written, item by item."""
    planned = patched(
        patch={
            "drop": ["User.address", {"target": "Comment"}],
            "alter": [{"target": "Post", "options": {"soft_delete": True}}],
            "rename": [{"target": "Post", "to": "Article"}],
            "add": [
                {"target": "Article.subtitle", "type": "string", "max_length": 80},
                {"target": "Tag", "fields": [{"name": "name", "type": "string"}]},
            ],
        }
    )
    assert [entity.name for entity in planned.spec.entities] == ["User", "Article", "Tag"]
    assert fields_of(planned, "Article") == ["title", "body", "status", "subtitle"]
    assert planned.spec.entities[1].options.soft_delete
    assert [loss.target for loss in planned.losses] == ["User.address", "Comment"]


EDITOR = {"kind": "many_to_one", "target": "User", "back": "edited_posts"}


def test_each_kind_of_target_has_a_key_of_its_own() -> None:
    """Takes the target by what it is, so that a relation keeps the `target` it points to."""
    planned = patched(
        patch={
            "add": [
                {"entity.relation": "Post.editor", **EDITOR},
                {"entity.field": "Post.subtitle", "type": "string"},
                {"entity": "Tag", "fields": [{"name": "name", "type": "string"}]},
                {"feature": "auth"},
            ],
            "alter": [{"entity.relation": "Comment.post", "required": False}],
            "rename": [{"entity.field": "Post.title", "to": "headline"}],
            "drop": [{"entity.field": "User.phone"}, {"feature": "docker"}],
        }
    )
    [post] = [each for each in planned.spec.entities if each.name == "Post"]
    [editor] = [each for each in post.relations if each.name == "editor"]
    assert (editor.kind, editor.target, editor.back) == ("many_to_one", "User", "edited_posts")
    assert fields_of(planned, "Post") == ["headline", "body", "status", "subtitle"]
    assert [each.name for each in planned.spec.entities][-1] == "Tag"
    assert planned.spec.features.auth
    assert not planned.spec.features.docker
    assert fields_of(planned, "User") == ["name", "email", "address"]


def test_a_relation_can_be_pointed_elsewhere() -> None:
    """Alters the target of a relation, and tells that its links do not carry over."""
    altered = {"entity.relation": "Comment.post", "target": "User", "back": "mentions"}
    planned = patched(patch={"alter": [altered]})
    [comment] = [each for each in planned.spec.entities if each.name == "Comment"]
    assert [each.target for each in comment.relations if each.name == "post"] == ["User"]
    assert [(loss.target, loss.reason) for loss in planned.losses] == [("Comment.post", "NARROWED")]


@pytest.mark.parametrize(
    ("patch", "path", "reason"),
    [
        ({"add": [{"feature": "websockets"}]}, "spec_patch.add[0].feature", "WRONG_TARGET"),
        ({"drop": [{"entity": "Post.title"}]}, "spec_patch.drop[0].entity", "WRONG_TARGET"),
        ({"drop": [{"entity.field": "Post"}]}, "spec_patch.drop[0].entity.field", "WRONG_TARGET"),
        ({"drop": [{"entity": "Post", "why": "x"}]}, "spec_patch.drop[0].why", "UNKNOWN_KEY"),
        ({"drop": [3]}, "spec_patch.drop[0]", "WRONG_TYPE"),
        ({"remove": []}, "spec_patch.remove", "UNKNOWN_KEY"),
        ({}, "spec_patch", "EMPTY"),
        ([], "spec_patch", "WRONG_TYPE"),
        ({"add": [{"type": "string"}]}, "spec_patch.add[0]", "KEY_MISSING"),
        ({"rename": [{"target": "Post"}]}, "spec_patch.rename[0]", "WRONG_TYPE"),
        ({"drop": ["Pots"]}, "spec_patch.drop[0].target", "UNKNOWN_TARGET"),
        ({"drop": ["Post.tilte"]}, "spec_patch.drop[0].target", "UNKNOWN_TARGET"),
        (
            {"alter": [{"target": "Post.title", "colour": "red"}]},
            "entities[1].fields[0].colour",
            "UNKNOWN_KEY",
        ),
    ],
)
def test_refuses_a_bad_patch(patch: Any, path: str, reason: str) -> None:
    """Names the item that is wrong and the rule."""
    assert (path, reason) in refused(patch=patch)


def test_suggests_the_target_that_was_meant() -> None:
    """Tells the nearest target there is."""
    with pytest.raises(InvalidInputError, match=r"Did you mean 'Post\.title'"):
        patched(patch={"drop": ["Post.tilte"]})


def test_the_same_prompt_gives_the_same_patch() -> None:
    """Plans a change the same way each time."""
    prompt = "Remove the address field, add a birthday to users and make the email unique"
    first = patched(prompt)
    assert all(patched(prompt) == first for _ in range(9))


def test_plans_an_iteration_through_the_one_entry() -> None:
    """Plans a change where a request has a base, from the prompt or from a document."""
    planned = plan(PlanRequest(base=PARENT, prompt="Remove the address field"))
    assert planned.patch == SpecPatch(drop=("User.address",))
    assert [loss.target for loss in planned.losses] == ["User.address"]
    assert [(source.path, source.rule) for source in planned.sources] == [("spec_patch", "dropped")]
    written = SpecDocument(content=b"drop: [User.address]")
    assert plan(PlanRequest(base=PARENT, patch=written)).spec == planned.spec


@pytest.mark.parametrize(
    ("prompt", "reason"), [("Drop it", "PROMPT_TOO_SHORT"), ("Drop it. " * 300, "PROMPT_TOO_LONG")]
)
def test_bounds_the_prompt_of_a_change(prompt: str, reason: str) -> None:
    """Holds the prompt of a change to its own bounds."""
    with pytest.raises(InvalidInputError) as caught:
        plan(PlanRequest(base=PARENT, prompt=prompt))
    [violation] = caught.value.violations
    assert (violation.field, violation.reason) == ("modification_prompt", reason)
