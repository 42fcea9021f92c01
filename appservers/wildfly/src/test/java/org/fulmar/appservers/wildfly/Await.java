package org.fulmar.appservers.wildfly;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Predicate;

/** Waiting for what must come. */
final class Await {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private Await() {}

    static <T> T until(String what, Callable<T> value, Predicate<T> condition) {
        return await(what).atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(value, condition);
    }
}
