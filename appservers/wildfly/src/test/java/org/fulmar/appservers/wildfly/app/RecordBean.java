package org.fulmar.appservers.wildfly.app;

import jakarta.annotation.PostConstruct;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;

/**
 * Compares records. The JDK (17, {@code java.lang.runtime.ObjectMethods}) keeps the type of the component that was compared
 * last, of whatever record, and with it a class loader; this makes it one of the JDK's own.
 */
@Singleton
@Startup
public class RecordBean {
    private record Pair(String first, String second) {}

    @PostConstruct
    void compare() {
        Pair pair = new Pair("a", "b");
        Journal.add("records " + pair.equals(new Pair("a", "b")) + pair.hashCode());
    }
}
