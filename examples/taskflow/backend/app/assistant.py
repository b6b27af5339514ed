# SPDX-License-Identifier: Apache-2.0
"""Asks a service that speaks the chat API of OpenAI."""

import httpx

from .settings import Settings

_ROLE = "You help with a list of tasks. Answer in a few plain sentences. The open tasks are:\n"


class NoAnswer(Exception):
    """Its text may be shown: it holds nothing of what the service sent."""


class Assistant:
    def __init__(self, settings: Settings) -> None:
        self._model = settings.openai_model
        self._key = settings.openai_api_key
        self._url = settings.openai_base_url + "/chat/completions"
        self._client = httpx.Client(timeout=httpx.Timeout(30, connect=3))

    def ask(self, question: str, tasks: list[str]) -> str:
        told = _ROLE + "\n".join(f"- {title}" for title in tasks)
        messages = [{"role": "system", "content": told}, {"role": "user", "content": question}]
        try:
            response = self._client.post(
                self._url,
                headers={"Authorization": f"Bearer {self._key}"},
                json={"model": self._model, "messages": messages, "max_tokens": 300},
            )
        except httpx.TimeoutException:
            raise NoAnswer("the assistant did not answer in time") from None
        except httpx.HTTPError:
            raise NoAnswer("the assistant cannot be reached") from None
        if response.status_code in (401, 403):
            raise NoAnswer("the assistant did not accept our key")
        if response.status_code != 200:
            raise NoAnswer(f"the assistant failed with status {response.status_code}")
        return self._answer(response)

    def _answer(self, response: httpx.Response) -> str:
        try:
            answer = response.json()["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError):
            answer = None
        if not isinstance(answer, str) or self._key in answer:
            raise NoAnswer("the assistant's answer makes no sense")
        return answer

    def close(self) -> None:
        self._client.close()
