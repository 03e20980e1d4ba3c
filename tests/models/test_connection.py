import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web
from chat_calls import KEY, ask, chat_with, question
from chat_server import chat_server, completion, fails, says

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ServerBusy
from mifg_pipeline.models.connection import api_key, connected
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.rendering import ImageRenderer


@pytest.fixture
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_without_a_key_openai_is_not_asked():
    with ImageRenderer() as renderer, pytest.raises(MifgError, match="OPENAI_API_KEY is not set"):
        OpenAIChat(ServerSettings(), renderer, {})


def test_without_a_key_another_server_is_asked():
    async def run():
        async with chat_server(says()) as running:
            with ImageRenderer() as renderer:
                async with OpenAIChat(ServerSettings(base_url=running.url), renderer, {}) as chat:
                    return (await chat.complete(question())).text

    assert asyncio.run(run()) == "B"


def test_blanks_around_a_key_do_not_matter():
    assert api_key(ServerSettings(), {"OPENAI_API_KEY": f" {KEY}\n"}) == KEY


def test_a_key_that_cannot_be_sent_is_refused_without_being_shown():
    with ImageRenderer() as renderer, pytest.raises(MifgError, match="OPENAI_API_KEY") as raised:
        OpenAIChat(ServerSettings(), renderer, {"OPENAI_API_KEY": "sk-é\n1"})
    assert "sk-é" not in str(raised.value)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost/v1", "http://", "http://localhost:port/v1", ""])
def test_what_is_no_url_is_said(url):
    with ImageRenderer() as renderer, pytest.raises(MifgError, match="is not the URL of a server"):
        OpenAIChat(ServerSettings(base_url=url), renderer, {})


def test_a_key_that_is_meant_for_openai_reaches_no_other_server():
    elsewhere = ServerSettings(base_url="http://localhost:8000/v1")
    assert api_key(elsewhere, {"OPENAI_API_KEY": KEY}) == ""


def test_a_wrong_key_names_the_variable_and_not_the_key():
    with pytest.raises(MifgError, match="THE_KEY") as raised:
        ask(fails(401, {"message": f"Incorrect API key provided: {KEY}."}))
    assert KEY not in str(raised.value)


def test_an_unknown_model_names_those_that_there_are():
    with pytest.raises(MifgError, match=r"serves no model 'seer'.*owl, lynx"):
        ask(fails(404, {"message": "The model `seer` does not exist."}), server={"models": ("owl", "lynx")})


def test_a_url_without_the_protocol_is_said():
    async def run():
        async with chat_server(says()) as running, chat_with(running.url.removesuffix("/v1")) as chat:
            await chat.complete(question())

    with pytest.raises(MifgError, match="usually ends in /v1"):
        asyncio.run(run())


def test_a_web_page_in_the_place_of_an_api_is_said():
    with pytest.raises(MifgError, match="answers with a web page"):
        ask(lambda _: web.Response(text="<!doctype html>", content_type="text/html"))


def test_a_web_page_after_a_reply_is_a_gateway_in_trouble():
    answers = iter([web.json_response(completion()), web.Response(text="<html>", content_type="text/html")])

    async def run():
        async with chat_server(lambda _: next(answers)) as running, chat_with(running.url) as chat:
            await chat.complete(question())
            await chat.complete(question())

    with pytest.raises(ServerBusy, match="not JSON"):
        asyncio.run(run())


def test_a_server_out_of_reach_may_come_back(free_port):
    async def run():
        async with chat_with(f"http://127.0.0.1:{free_port}/v1") as chat:
            await chat.complete(question())

    with pytest.raises(ServerBusy, match=r"Cannot reach http://127\.0\.0\.1:.*: Connection refused"):
        asyncio.run(run())


async def fail_to_resolve(number, was_reached):
    place = aiohttp.client_reqrep.ConnectionKey("nowhere", 80, False, True, None, None, None)
    async with connected("http://nowhere/v1", 1.0, was_reached=was_reached):
        raise aiohttp.ClientConnectorDNSError(place, OSError(number, socket.gaierror(number).args[0]))


def test_a_host_that_does_not_exist_is_a_mistake():
    with pytest.raises(MifgError, match="no host of the name"):
        asyncio.run(fail_to_resolve(socket.EAI_NONAME, was_reached=False))


def test_a_host_that_was_reached_before_may_come_back():
    with pytest.raises(ServerBusy):
        asyncio.run(fail_to_resolve(socket.EAI_NONAME, was_reached=True))


def test_a_name_server_that_does_not_answer_may_come_back():
    with pytest.raises(ServerBusy):
        asyncio.run(fail_to_resolve(socket.EAI_AGAIN, was_reached=False))


def test_https_to_a_server_without_it_is_a_mistake():
    async def run():
        async with chat_server(says()) as running, chat_with(running.url.replace("http:", "https:")) as chat:
            await chat.complete(question())

    with pytest.raises(MifgError, match="No safe connection"):
        asyncio.run(run())


def test_a_server_that_does_not_reply_in_time_is_busy():
    async def never(_):
        await asyncio.Event().wait()

    with pytest.raises(ServerBusy, match=r"no whole reply within 0\.05 s"):
        ask(never, timeout=0.05)


def test_a_reply_that_breaks_off_is_asked_again():
    async def run():
        async def half(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            writer.close()

        server = await asyncio.start_server(half, "127.0.0.1", 0)
        async with server, chat_with(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1") as chat:
            await chat.complete(question())

    with pytest.raises(ServerBusy):
        asyncio.run(run())


def test_what_is_not_http_is_a_server_in_trouble():
    async def run():
        async def babble(reader, writer):
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            writer.close()

        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        async with server, chat_with(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1") as chat:
            await chat.complete(question())

    with pytest.raises(ServerBusy):
        asyncio.run(run())


def check(model, answer=None, models=("seer",), url=None):
    async def run():
        async with chat_server(answer or says(), models=models) as running, chat_with(url or running.url) as chat:
            return await chat.check(model)

    return asyncio.run(run())


def test_a_check_finds_nothing_where_the_model_is_listed():
    assert check("seer") == ""


def test_a_check_remarks_that_the_model_is_not_listed():
    assert "does not list 'owl' among its models; it lists seer" in check("owl")


def test_a_check_finds_nothing_where_the_server_lists_no_models():
    assert check("owl", models=None) == ""


def test_a_check_of_a_server_out_of_reach_says_so(free_port):
    with pytest.raises(MifgError, match="Start the server"):
        check("seer", url=f"http://127.0.0.1:{free_port}/v1")
