package org.fulmar.broker.delivery;

/** What has happened in a random life. */
final class DeliveryCounts {
    int deliveries;
    int redeliveries;
    /** Deliveries of messages of a group. */
    int grouped;

    int deaths;
    /** Redeliveries that have to wait. */
    int delays;

    int crashes;
    /** Acknowledgements that were refused. */
    int refusals;
    /** Messages that were shown to browsers. */
    int browsed;
}
