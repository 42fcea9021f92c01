package org.fulmar.samples.quickstart;

/** Sends a message and receives it. */
public final class Quickstart {
    private Quickstart() {}

    /** Runs the sample. */
    public static void main(String[] args) {
        System.out.println("Fulmar quickstart");
    }
}
