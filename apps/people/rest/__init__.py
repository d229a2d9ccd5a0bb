"""What every part of the REST API shares: how bodies, lists, refusals and repetitions behave (api.md).

An app joins with `api/serializers.py`, `api/views.py` and `api/urls.py`; `portal/api/urls.py` includes the last.
"""
