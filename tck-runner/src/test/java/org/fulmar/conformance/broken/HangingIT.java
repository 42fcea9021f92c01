package org.fulmar.conformance.broken;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Hangs in the midst, and heeds no interrupt. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HangingIT {
    @Test
    @Order(1)
    void passesBefore() {}

    @Test
    @Order(2)
    void hangs() {
        CountDownLatch never = new CountDownLatch(1);
        while (never.getCount() > 0) {
            try {
                never.await();
            } catch (InterruptedException e) {
                System.out.println("interrupted, and goes on");
            }
        }
    }

    @Test
    @Order(3)
    void passesAfter() {}
}
