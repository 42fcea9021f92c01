package org.fulmar.samples.xa;

/** When a program is killed: the moments of a two-phase commit over two resources, in their order. */
enum Moment {
    FIRST_PREPARED,
    ALL_PREPARED,
    /** The transaction manager has written its decision, and nobody was told. */
    DECIDED,
    FIRST_COMMITTED,
    /** The transaction manager does not know yet that it may forget the transaction. */
    ALL_COMMITTED;

    /** What recovery has to make of it: without a decision all is rolled back, with one all is committed. */
    boolean isDecided() {
        return compareTo(DECIDED) >= 0;
    }
}
