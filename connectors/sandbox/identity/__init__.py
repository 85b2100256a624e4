"""FranceConnect, Mon Paris and ProConnect, played as far as a relying party can see them."""
