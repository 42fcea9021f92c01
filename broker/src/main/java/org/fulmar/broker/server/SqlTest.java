package org.fulmar.broker.server;

import org.fulmar.broker.delivery.MessageTest;
import org.fulmar.broker.filter.SqlFilter;
import org.fulmar.broker.filter.SqlFilters;
import org.fulmar.protocol.message.MessageRecord;

/** Wants messages that a SQL92 filter matches; counts the steps that it takes. Used on the core. */
final class SqlTest implements MessageTest {
    private final SqlFilters filters;
    private final String text;
    private long steps;

    SqlTest(SqlFilters filters, String text) {
        this.filters = filters;
        this.text = text;
    }

    @Override
    public boolean matches(MessageRecord message) {
        // by its text, as that of a poll that waits may have been compiled again meanwhile
        SqlFilter filter = filters.getIfSound(text);
        if (filter == null) {
            return false;
        }
        boolean wanted = filter.matches(message);
        steps += filter.steps();
        return wanted;
    }

    /** All steps so far. */
    long steps() {
        return steps;
    }
}
