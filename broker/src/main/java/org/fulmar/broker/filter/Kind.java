package org.fulmar.broker.filter;

/** What values an expression can have, as far as the selector's text tells. */
enum Kind {
    NUMBER("a number"),
    STRING("a string"),
    BOOLEAN("a condition"),
    /** A property: known only when a message is there. */
    ANY("a property");

    final String description;

    Kind(String description) {
        this.description = description;
    }

    boolean canBe(Kind other) {
        return this == other || this == ANY || other == ANY;
    }
}
