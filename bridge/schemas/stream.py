"""Stream tokens and where they lead."""

from pydantic import BaseModel, Field


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
