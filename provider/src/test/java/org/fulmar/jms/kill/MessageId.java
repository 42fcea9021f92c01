package org.fulmar.jms.kill;

/**
 * What makes a message of the load unique: where it was sent, by whom, and its number there.
 *
 * <p>Immutable. A producer numbers its messages from 0 and never uses a number twice, whatever became of the send.
 */
record MessageId(String destination, String producer, long seq) {

    @Override
    public String toString() {
        return destination + " " + producer + "#" + seq;
    }
}
