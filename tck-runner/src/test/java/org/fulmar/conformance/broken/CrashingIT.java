package org.fulmar.conformance.broken;

import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Takes its JVM with it, once abruptly and once as if all were well. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CrashingIT {
    @Test
    @Order(1)
    void passesBefore() {}

    @Test
    @Order(2)
    void halts() {
        Runtime.getRuntime().halt(42);
    }

    @Test
    @Order(3)
    void exits() {
        System.exit(0);
    }

    @Test
    @Order(4)
    void passesAfter() {}
}
