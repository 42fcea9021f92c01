package org.fulmar.tck;

import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestIdentifier;

/**
 * A test, by its full class name and its method; a test that is no method goes by its unique id.
 *
 * @param className without which it can't be run
 */
record TestName(String className, String method) {
    static TestName of(TestIdentifier test, String inClass) {
        TestSource source = test.getSource().orElse(null);
        if (source instanceof MethodSource method) {
            String parameters = method.getMethodParameterTypes();
            String shown = parameters == null || parameters.isEmpty() ? "" : "(" + parameters + ")";
            return new TestName(inClass, method.getMethodName() + shown);
        }
        return new TestName(inClass, test.getUniqueId());
    }

    /** {@code class#method}. */
    @Override
    public String toString() {
        return className + "#" + method;
    }
}
