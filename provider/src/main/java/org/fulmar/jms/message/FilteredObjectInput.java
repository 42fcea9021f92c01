package org.fulmar.jms.message;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;
import org.jspecify.annotations.Nullable;

/**
 * Reads one object as far as a {@link DeserializationPolicy} lets it. Refuses a class by its name before it is loaded,
 * and a proxy in any case. A filter that the JVM has for all streams applies as well. Used by one thread, once.
 */
final class FilteredObjectInput extends ObjectInputStream {

    private final DeserializationPolicy policy;
    private @Nullable String refusal;

    FilteredObjectInput(ByteSlice bytes, DeserializationPolicy policy) throws IOException {
        super(new ByteArrayInputStream(bytes.array(), bytes.offset(), bytes.length()));
        this.policy = policy;
        ObjectInputFilter ours = this::check;
        ObjectInputFilter jvmWide = getObjectInputFilter();
        setObjectInputFilter(jvmWide == null ? ours : ObjectInputFilter.merge(ours, jvmWide));
    }

    /** Why something was refused, for the application; null if nothing was. */
    @Nullable String refusal() {
        return refusal;
    }

    private ObjectInputFilter.Status check(ObjectInputFilter.FilterInfo info) {
        if (info.depth() > DeserializationPolicy.MAX_DEPTH) {
            return refuse("the object is nested deeper than " + DeserializationPolicy.MAX_DEPTH);
        }
        if (info.references() > DeserializationPolicy.MAX_REFERENCES) {
            return refuse("the object has more than " + DeserializationPolicy.MAX_REFERENCES + " references");
        }
        if (info.arrayLength() > DeserializationPolicy.MAX_ARRAY_LENGTH) {
            return refuse("the object has an array longer than " + DeserializationPolicy.MAX_ARRAY_LENGTH);
        }
        if (info.streamBytes() > DeserializationPolicy.MAX_BYTES) {
            return refuse("the object has more than " + DeserializationPolicy.MAX_BYTES + " bytes");
        }
        Class<?> type = info.serialClass();
        if (type == null) {
            return ObjectInputFilter.Status.UNDECIDED;
        }
        while (type.isArray()) {
            type = type.getComponentType();
        }
        return policy.allows(type.getName()) ? ObjectInputFilter.Status.ALLOWED : refuse(notAllowed(type.getName()));
    }

    private ObjectInputFilter.Status refuse(String reason) {
        refusal = reason;
        return ObjectInputFilter.Status.REJECTED;
    }

    private static String notAllowed(String className) {
        return "class " + className + " is not allowed; if its senders are trusted, add it to the option "
                + DeserializationPolicy.OPTION;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
        String name = description.getName();
        String element = elementOf(name);
        if (!policy.allows(element)) {
            refusal = notAllowed(element);
            throw new InvalidClassException(refusal);
        }
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        if (context != null) {
            try {
                return Class.forName(name, false, context);
            } catch (ClassNotFoundException e) {
                // Not the end: it may be known to our own loader, and what that throws is what the caller learns.
                return resolveByOurs(description);
            }
        }
        return resolveByOurs(description);
    }

    private Class<?> resolveByOurs(ObjectStreamClass description) throws IOException, ClassNotFoundException {
        try {
            return Class.forName(description.getName(), false, FilteredObjectInput.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            // Knows the primitive types, which have names but can't be had by name.
            return super.resolveClass(description);
        }
    }

    @Override
    protected Class<?> resolveProxyClass(String[] interfaces) throws IOException {
        refusal = "dynamic proxies are not allowed";
        throw new InvalidClassException(refusal);
    }

    /** What the elements of an array are, in the end, from a name as {@code [[Ljava.lang.String;}. */
    private static String elementOf(String name) {
        int dimensions = 0;
        while (dimensions < name.length() && name.charAt(dimensions) == '[') {
            dimensions++;
        }
        if (dimensions == 0) {
            return name;
        }
        boolean isClass = name.startsWith("L", dimensions) && name.endsWith(";");
        // A primitive's letter stands for a type that is always allowed.
        return isClass ? name.substring(dimensions + 1, name.length() - 1) : "int";
    }
}
