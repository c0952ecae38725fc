"""Stream tokens and where they lead."""

from typing import Annotated

from pydantic import BaseModel, Field

from bridge.schemas.body import Body

CancelAfter = Annotated[
    int | None,
    Field(
        ge=5,
        le=86_400,
        strict=True,
        description="How many seconds after its last viewer left the generation is cancelled; "
        "null: it goes on without viewers.",
    ),
]


class StreamTokenBody(Body):
    """What is to become of the generation when its last viewer leaves; absent: as it is."""

    cancel_after: CancelAfter = None


class StreamTokenOut(BaseModel):
    """A token that opens one stream once."""

    generation_id: str
    sse_token: str = Field(description="Good for one connection; append it as `?token=`.")
    expires_in: int = Field(description="How long it is good to connect, in seconds.")
    stream_url: str = Field(description="The stream, without the token.")
    event_source_url: str = Field(description="The stream, ready to open as it is.")


class ChannelTokenOut(BaseModel):
    """A token that opens one channel once."""

    channel: str
    sse_token: str = Field(description="Good for one connection; append it as `?token=`.")
    expires_in: int = Field(description="How long it is good to connect, in seconds.")
    stream_url: str = Field(description="The stream, without the token.")
    event_source_url: str = Field(description="The stream, ready to open as it is.")
