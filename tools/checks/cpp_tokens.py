# SPDX-License-Identifier: Apache-2.0
"""Splits C++ source into tokens with matched brackets, and determines what each brace opens.

This is not a parser. It can distinguish a block from a braced initializer and a lambda from a subscript, and find
the beginning and end of functions, in code formatted with this project's .clang-format. It reads the whole tree
in a second, much faster than a compiler.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      | (?P<directive>^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*)
      | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"|(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)*')
      | (?P<number>\.?[0-9](?:[eEpP][+-]|'[0-9A-Za-z]|[0-9A-Za-z_.])*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<mark>::|->\*?|<=>|\[\[|\]\]|&&|\|\||[=!<>+\-*/%&|^]=|<<|\.\.\.|[^\sA-Za-z0-9_])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_CLOSER = {"(": ")", "[": "]", "{": "}", "[[": "]]"}
_SCOPE_WORDS = {"struct", "class", "union", "enum", "namespace", "extern"}
_AFTER_PARAMETERS = {"const", "noexcept", "override", "final", "mutable", "try", "else", "do", "constexpr"}
_TYPE_PARTS = {"::", "<", ">", ",", "*", "&", "&&", "const", "typename", "auto", "decltype"}


@dataclass
class Token:
    kind: str  # name, number, string, mark
    text: str
    line: int  # from 1
    partner: int = -1  # index of the matching bracket
    opens: str = ""  # for "{": scope, function, lambda, block, initialiser


@dataclass
class Source:
    tokens: list = field(default_factory=list)
    directives: list = field(default_factory=list)  # (line, text), #include and the like

    def text(self, index: int) -> str:
        """The token's text; empty outside the file."""
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""


def read_source(text: str) -> Source:
    source = Source()
    line, position = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        kind = "string" if match.lastgroup in ("raw", "tag") else match.lastgroup
        if kind == "directive":
            source.directives.append((line, match.group().strip()))
        elif kind != "comment":
            source.tokens.append(Token(kind, match.group(), line))
    _match_brackets(source.tokens)
    for index, token in enumerate(source.tokens):
        if token.text == "{":
            token.opens = _what_brace_opens(source, index)
    return source


def _match_brackets(tokens: list) -> None:
    # "]]" may close two subscripts and "[[" may open two: `a[b[0]]`. Split those that are not attributes.
    waiting = []
    index = 0
    while index < len(tokens):
        text = tokens[index].text
        if text == "]]" and waiting and tokens[waiting[-1]].text != "[[":
            line = tokens[index].line
            tokens[index : index + 1] = [Token("mark", "]", line), Token("mark", "]", line)]
            continue
        if text in _CLOSER:
            waiting.append(index)
        elif waiting and text == _CLOSER[tokens[waiting[-1]].text]:
            opener = waiting.pop()
            tokens[opener].partner, tokens[index].partner = index, opener
        index += 1


def is_lambda_introducer(source: Source, index: int) -> bool:
    """Whether the "[" at `index` begins a lambda, not a subscript or a structured binding."""
    if source.text(index) != "[":
        return False
    before = source.tokens[index - 1] if index > 0 else None
    if before is None:
        return True
    if before.text in ("return", "co_return", "co_await", "co_yield", "case", "else", "throw"):
        return True
    if before.text in ("&", "&&") and source.text(index - 2) == "auto":
        return False
    return before.kind == "mark" and before.text not in (")", "]", "]]", ">", "}")


def _what_brace_opens(source: Source, index: int) -> str:
    before = source.text(index - 1)
    if index == 0 or before in (";", "{", "}", ":") or before in ("else", "do", "try"):
        # After "{" or ":" a brace opens a block only where a statement is allowed.
        if before == "{" and source.tokens[index - 1].opens == "initialiser":
            return "initialiser"
        return _body_after_member_initialisers(source, index) if before == "}" else "block"
    if _begins_scope(source, index):
        return "scope"
    end = _end_of_parameters(source, index)
    if end is None:
        return "initialiser"
    return _what_has_parameters(source, end)


def _begins_scope(source: Source, index: int) -> bool:
    position = index - 1
    while position >= 0 and source.text(position) not in (";", "{", "}", "(", ")", "="):
        if source.text(position) in _SCOPE_WORDS:
            return True
        position -= 1
    return False


def _end_of_parameters(source: Source, index: int):
    """The ")" or lambda "]" whose function body starts with the brace at `index`, or None."""
    position = index - 1
    while source.text(position) in _AFTER_PARAMETERS:
        position -= 1
    if _is_end(source, position):
        return position
    # Skip a trailing return type backwards to its arrow: names, :: and <...>.
    while position > 0 and (source.tokens[position].kind == "name" or source.text(position) in _TYPE_PARTS):
        position -= 1
    if source.text(position) != "->":
        return None
    position -= 1
    while source.text(position) in _AFTER_PARAMETERS:
        position -= 1
    return position if _is_end(source, position) else None


def _is_end(source: Source, position: int) -> bool:
    text = source.text(position)
    if text == ")":
        return True
    return text == "]" and is_lambda_introducer(source, source.tokens[position].partner)


def _what_has_parameters(source: Source, end: int) -> str:
    if source.text(end) == "]":
        return "lambda"
    opener = source.tokens[end].partner
    before = source.text(opener - 1)
    if before in ("if", "for", "while", "switch", "catch", "constexpr"):
        return "block"
    if before == "]" and is_lambda_introducer(source, source.tokens[opener - 1].partner):
        return "lambda"
    if before == "noexcept" or before == "requires":
        return _what_has_parameters(source, opener - 2) if source.text(opener - 2) == ")" else "function"
    return "function"


def _body_after_member_initialisers(source: Source, index: int) -> str:
    """A brace after "}": the body of `X() : a_{1} {`, else a plain block."""
    position = source.tokens[index - 1].partner
    if position < 0 or source.tokens[position].opens != "initialiser":
        return "block"
    return "function"


def enclosing_scopes_only(source: Source, index: int) -> bool:
    """Whether every brace around the token at `index` opens a namespace or a class."""
    position = index - 1
    while position >= 0:
        token = source.tokens[position]
        if token.text in ("}", ")", "]", "]]") and token.partner >= 0:
            position = token.partner
        elif token.text == "{" and token.opens != "scope":
            return False
        position -= 1
    return True
