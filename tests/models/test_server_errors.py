import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.models.chat import ChatRequest, ImagePart, Message, ReplySchema, TextPart
from mifg_pipeline.models.error_answer import one_line, parse_error
from mifg_pipeline.models.server_errors import Fault, Server, exception_for, fault_of

SERVER = Server("http://localhost:8000/v1", "THE_KEY")

OPENAI_QUOTA = {
    "message": "You exceeded your current quota.",
    "type": "insufficient_quota",
    "code": "insufficient_quota",
}
OPENAI_TEXT_ONLY = {"message": "Invalid content type. image_url is only supported by certain models.", "code": None}
OPENAI_MAX_TOKENS = {
    "message": "Unsupported parameter: 'max_tokens' is not supported with this model.",
    "param": "max_tokens",
    "code": "unsupported_parameter",
}
OPENAI_NO_SCHEMA = {
    "message": "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
    "param": None,
}
OPENAI_NO_MODEL = {
    "message": "The model `x` does not exist or you do not have access to it.",
    "code": "model_not_found",
}
GEMINI_RATE = {"message": "You exceeded your current quota, please check your plan.", "status": "RESOURCE_EXHAUSTED"}
MISTRAL_SEED = {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 7}]}


@pytest.fixture
def request_with_images(tmp_path):
    image = ImagePart("0" * 64, tmp_path / "image.jpg")
    return ChatRequest(
        model="seer",
        messages=(Message("user", (image, TextPart("What is it?"))),),
        purpose="test",
        schema=ReplySchema("solution", {}),
    )


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, {"error": {"message": "Incorrect API key provided: sk-a***z."}}, Fault.KEY),
        (403, {"error": "Forbidden"}, Fault.KEY),
        (400, {"error": {"message": "API key not valid. Please pass a valid API key."}}, Fault.KEY),
        (403, {"error": {"message": "Your input was flagged."}}, Fault.REQUEST),
        (402, {"error": {"message": "Insufficient credits"}}, Fault.CREDIT),
        (429, {"error": OPENAI_QUOTA}, Fault.CREDIT),
        (429, {"error": GEMINI_RATE}, Fault.BUSY),
        (408, "", Fault.BUSY),
        (409, "", Fault.BUSY),
        (429, "slow down", Fault.BUSY),
        (500, {"error": {"message": "Internal Server Error"}}, Fault.BUSY),
        (502, "<html>Bad Gateway</html>", Fault.BUSY),
        (503, {"error": {"message": "Loading model", "type": "unavailable_error"}}, Fault.BUSY),
        (529, "overloaded", Fault.BUSY),
        (501, "not implemented", Fault.REQUEST),
        (400, {"error": {"message": "too long", "code": "context_length_exceeded"}}, Fault.REQUEST),
        (500, {"error": {"message": "the request exceeds the available context size"}}, Fault.REQUEST),
        (413, "Maximum request body size 1048576 exceeded", Fault.REQUEST),
        (422, {"error": {"message": "the image is broken"}}, Fault.REQUEST),
        (400, {"error": OPENAI_TEXT_ONLY}, Fault.BLIND),
        (
            500,
            {"error": {"message": "image input is not supported - hint: you may need to provide the mmproj"}},
            Fault.BLIND,
        ),
        (500, {"error": {"code": 500, "message": "image input is not supported by this server"}}, Fault.BLIND),
        (400, {"error": "this model does not support image input"}, Fault.BLIND),
        (400, {"error": "Model does not support images. Please use a model that does."}, Fault.BLIND),
        (404, {"error": {"message": "No endpoints found that support image input"}}, Fault.BLIND),
        (400, {"object": "error", "message": "seer is not a multimodal model", "code": 400}, Fault.BLIND),
        (400, {"object": "error", "message": "At most 0 image(s) may be provided in one request."}, Fault.BLIND),
        (400, {"object": "error", "message": "At most 1 image(s) may be provided in one request."}, Fault.FEW_IMAGES),
        (400, {"object": "error", "message": "At most 4 image(s) may be provided in one request."}, Fault.REQUEST),
        (400, {"error": OPENAI_NO_SCHEMA}, Fault.SCHEMA),
        (400, {"error": {"message": "Invalid schema for response_format 'solution'"}}, Fault.SCHEMA),
        (500, {"error": {"message": "failed to parse grammar"}}, Fault.SCHEMA),
        (400, {"error": OPENAI_MAX_TOKENS}, Fault.PARAMETER),
        (422, MISTRAL_SEED, Fault.PARAMETER),
        (404, {"error": OPENAI_NO_MODEL}, Fault.PLACE),
        (400, {"error": {"message": "seer is not a valid model ID"}}, Fault.PLACE),
        (404, {"detail": "Not Found"}, Fault.PLACE),
        (405, {"detail": "Method Not Allowed"}, Fault.PLACE),
    ],
)
def test_a_fault_is_told_from_what_the_server_says(request_with_images, status, body, fault):
    assert fault_of(parse_error(status, body), request_with_images) is fault


def test_a_text_only_request_is_not_refused_for_its_images():
    request = ChatRequest("seer", (Message("user", (TextPart("Which?"),)),), purpose="blind")
    answer = parse_error(400, {"error": {"message": "this model does not support image input"}})
    assert fault_of(answer, request) is Fault.REQUEST


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (401, "", "THE_KEY"),
        (402, "", "it resumes"),
        (400, {"error": OPENAI_TEXT_ONLY}, "vision-language model"),
        (400, {"error": "At most 1 image(s) may be provided in one request."}, "--limit-mm-per-prompt"),
        (400, {"error": OPENAI_NO_SCHEMA}, "structured_output: prompt"),
        (400, {"error": OPENAI_MAX_TOKENS}, "extra_body: {max_tokens: null}"),
        (422, MISTRAL_SEED, "extra_body: {seed: null}"),
    ],
)
def test_what_stops_the_run_names_its_remedy(request_with_images, status, body, remedy):
    error = exception_for(parse_error(status, body), request_with_images, SERVER)
    assert remedy in error.remedy


def test_a_list_of_faults_is_passed_on_without_the_request_that_it_echoes():
    answer = parse_error(422, {"detail": [{"loc": ["body", "messages"], "msg": "Field required", "input": "secret"}]})
    assert answer.reason == "body.messages: Field required"


def test_the_page_of_a_gateway_is_not_passed_on(request_with_images):
    error = exception_for(parse_error(413, "<html>\n<h1>413</h1></html>"), request_with_images, SERVER)
    assert str(error).startswith("HTTP status 413 (")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["error", "message", "detail", "code", "type", "param", "loc", "msg"]), inner
            )
        ),
    ),
    st.integers(300, 599),
)
def test_any_body_of_an_error_is_read(body, status):
    request = ChatRequest("seer", (), purpose="test")
    assert isinstance(exception_for(parse_error(status, body), request, SERVER), Exception)


@given(st.text(max_size=3000))
def test_a_reason_is_one_short_printable_line(text):
    line = one_line(text)
    assert len(line) <= 301
    assert line.isprintable()
