/** Runs a kit of JUnit tests against the provider and the broker, each class in a JVM of its own, and reports on it. */
@NullMarked
package org.fulmar.tck;

import org.jspecify.annotations.NullMarked;
