"""The table in SQL that people wrote, called otherwise. Pure."""

PAYLOAD = "payload"  # as rules with SQL call their table


def renamed(sql, old, new):
    """SQL in which the table `old` is called `new`, otherwise as it was written; None if that cannot be told."""
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError
    from sqlglot.tokens import TokenType

    try:
        tokens = tokenize(sql)
    except SqlglotError:
        return None
    spots = []
    for place, token in enumerate(tokens):
        if token.text.casefold() != old.casefold() or token.token_type == TokenType.STRING:
            continue
        before = tokens[place - 1].token_type if place else None
        qualified = place + 1 < len(tokens) and tokens[place + 1].token_type == TokenType.DOT
        if before not in (TokenType.FROM, TokenType.JOIN) or qualified:
            return None
        spots.append(token)
    for token in reversed(spots):
        sql = sql[: token.start] + new + sql[token.end + 1 :]
    return sql if spots else None
