package org.fulmar.broker.filter;

/** The binary arithmetic operators. */
enum Arithmetic {
    PLUS,
    MINUS,
    TIMES,
    DIVIDE
}
