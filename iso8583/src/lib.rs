//! ISO 8583 for payment engineers: dialects as data, codec, MAC, PIN blocks, keys, cards.
