"""The shapes of what the API takes and gives, in marshmallow; the OpenAPI is made from them."""
