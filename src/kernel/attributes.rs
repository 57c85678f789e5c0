//! Attributes, read one by one.
