package org.fulmar.jms.message;

/**
 * An encoded body and the letter that says how to read it. Immutable; nobody writes to the bytes.
 *
 * @param kind one of the constants below
 */
record WireBody(char kind, byte[] bytes) {

    static final char TEXT = 't';
    static final char TEXT_UTF16 = 'u';
    static final char TEXT_NULL = 'x';
    static final char PLAIN = 'n';
    static final char BYTES = 'b';
    static final char MAP = 'm';
    static final char STREAM = 's';
    static final char OBJECT = 'o';
    static final char OBJECT_NULL = 'y';

    static final byte[] NO_BYTES = {};
    static final WireBody NONE = new WireBody(PLAIN, NO_BYTES);
}
