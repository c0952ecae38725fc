"""What the patch drops and renames, seen in names."""

import pytest

from files_svc.domain.merge.patch import Patch, Rename, follow_renames, plural


@pytest.mark.parametrize(
    ("drop", "name", "vanishes"),
    [
        ("Post", "Post", True),
        ("Post", "PostCreate", True),
        ("Post", "list_posts", True),
        ("Post", "app/models/post.py", True),
        ("Post", "app/routers/posts.py", True),
        ("Post", "Poster", False),
        ("Post", "compost", False),
        ("BlogPost", "BlogPostRead", True),
        ("BlogPost", "app/models/blog_post.py", True),
        ("BlogPost", "app/models/post.py", False),
        ("Category", "list_categories", True),
        ("Post.title", "Post.title", True),
        ("Post.title", "Post.validate_title", True),
        ("Post.title", "Post.subtitle", False),
        ("Post.author", "Post.author_id", True),
        ("", "anything", False),
    ],
)
def test_what_may_vanish(drop: str, name: str, vanishes: bool) -> None:  # noqa: FBT001
    """Lets vanish what holds the dropped words, in singular or plural, and nothing else."""
    assert Patch(drops=(drop,)).may_vanish(name) is vanishes


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("Post", "NewsItem"),
        ("PostCreate", "NewsItemCreate"),
        ("posts", "news_items"),
        ("post_id", "news_item_id"),
        ("list_posts", "list_news_items"),
        ("POST_LIMIT", "NEWS_ITEM_LIMIT"),
        ("app/models/post.py", "app/models/news_item.py"),
        ("Poster", "Poster"),
        ("repost", "repost"),
    ],
)
def test_renames_words_in_names(name: str, renamed: str) -> None:
    """Puts the new words in the old ones' places, in their spelling and number."""
    assert Patch(renames=(Rename(old="Post", new="NewsItem"),)).renamed(name) == renamed


def test_plurals() -> None:
    """Makes the regular plurals."""
    assert [plural(word) for word in ("post", "category", "day", "box", "match")] == [
        "posts",
        "categories",
        "days",
        "boxes",
        "matches",
    ]


def test_follows_only_what_the_rendering_renamed() -> None:
    """Leaves a word alone that the new rendering still uses."""
    patch = Patch(renames=(Rename(old="Post", new="Article"),))
    text = follow_renames(
        "client.post('/posts', json=post_body); mine = Post()",
        base="client.post('/posts') Post",
        theirs="client.post('/articles') Article",
        patch=patch,
    )
    assert text == "client.post('/articles', json=post_body); mine = Article()"
