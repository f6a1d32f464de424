//! esteira-testkit
