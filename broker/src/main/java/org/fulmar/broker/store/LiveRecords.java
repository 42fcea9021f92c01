package org.fulmar.broker.store;

/**
 * Whoever has messages in the log that must not be lost with an old file: they are put to another place first. Owned by the
 * broker's core. One that knows a message by its place of the log is a {@link View}, which is told of the new place.
 */
public interface LiveRecords {
    /** Begins to look for those that lie before a place of the log. */
    Look before(long position);

    /** One look, which goes on from turn to turn of the core, whatever happens meanwhile. */
    interface Look {
        /**
         * Looks on, until {@link Found#mayGoOn} says no or nothing is left.
         *
         * @return whether there may be more
         */
        boolean next(Found found);
    }

    /** Takes what is found. */
    interface Found {
        /** Asked before each place that is looked at. */
        boolean mayGoOn();

        /**
         * A message that counts; it must be one that its queue has at this place.
         *
         * @param logOffset where its record lies
         * @param size of the record; -1 if it would have to be read for that
         */
        void live(long logOffset, int size);

        /** It can't be told now whether a message counts: its file must stay for now. */
        void unknown(String why);
    }
}
