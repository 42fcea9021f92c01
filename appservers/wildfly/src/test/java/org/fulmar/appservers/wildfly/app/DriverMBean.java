package org.fulmar.appservers.wildfly.app;

/** By what a test moves and watches the beans of a deployment. */
public interface DriverMBean {
    String NAME = "org.fulmar.test:type=Driver";

    /** Has a bean do something. What it throws is told in {@link #FAILED} and the names and messages of all causes. */
    String call(String bean, String operation, String... arguments);

    /** How the answer of a call begins that threw something. */
    String FAILED = "FAILED ";

    String[] journal(int first);
}
