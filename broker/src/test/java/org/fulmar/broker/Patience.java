package org.fulmar.broker;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long a test of this module waits for what must happen before it takes it for lost: longer than a busy machine with a
 * slow disk ever stalls. It costs nothing, since what must happen is waited for no longer than it takes. JUnit finds this
 * by its services file, so that it holds for every {@code await()} that says nothing else.
 */
public final class Patience implements BeforeAllCallback {
    public static final int SECONDS = 40;
    public static final int MILLIS = SECONDS * 1000;

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(SECONDS));
    }
}
