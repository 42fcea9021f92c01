package org.fulmar.appservers.wildfly.app;

/** Which classes every application has, besides its beans. */
public final class Beans {
    public static final Class<?>[] COMMON = {
        Driver.class, DriverMBean.class, Journal.class, Operations.class, Tasks.class, Witness.class, FirstWitness.class
    };

    private Beans() {}
}
