"""The networks, as functional builders."""
