package org.fulmar.jndi;

import java.util.ArrayList;
import java.util.Hashtable;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import javax.naming.Binding;
import javax.naming.CompositeName;
import javax.naming.Context;
import javax.naming.Name;
import javax.naming.NameClassPair;
import javax.naming.NameNotFoundException;
import javax.naming.NameParser;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.NotContextException;
import javax.naming.OperationNotSupportedException;
import org.jspecify.annotations.Nullable;

/**
 * A context that can be asked and not changed. It answers from what is bound, all of it in memory: no name leads it to
 * another naming service. Any thread may use it; a subcontext is closed by itself.
 */
final class ReadOnlyContext implements Context {
    /** As a URL begins (RFC 3986, section 3.1). */
    private static final Pattern SCHEME = Pattern.compile("\\p{Alpha}[\\p{Alnum}+.-]*:.*", Pattern.DOTALL);

    private final Bindings bindings;
    private final Hashtable<Object, Object> environment;
    private final String path;
    private volatile boolean closed;

    /**
     * @param environment not changed any more
     * @param path the full name of this context; empty for the first
     */
    ReadOnlyContext(Bindings bindings, Hashtable<Object, Object> environment, String path) {
        this.bindings = bindings;
        this.environment = environment;
        this.path = path;
    }

    private static Name parse(@Nullable String name) throws NamingException {
        if (name == null) {
            throw new NamingException("no name is given");
        }
        return new CompositeName(name);
    }

    private static OperationNotSupportedException readOnly() {
        return new OperationNotSupportedException(
                "this context is read-only: what it holds is set by properties before it is made");
    }

    private String full(@Nullable Name name) throws NamingException {
        if (closed) {
            throw new NamingException("the context is closed");
        }
        if (name == null) {
            throw new NamingException("no name is given");
        }
        String relative = Bindings.join(name);
        return path.isEmpty() || relative.isEmpty() ? path + relative : path + "/" + relative;
    }

    private Object get(String full) throws NamingException {
        Object object = bindings.find(full);
        if (object != null) {
            return object;
        }
        if (bindings.hasSubcontext(full)) {
            return new ReadOnlyContext(bindings, environment, full);
        }
        if (SCHEME.matcher(full).matches()) {
            throw new OperationNotSupportedException(full.substring(0, full.indexOf(':') + 1)
                    + " names another naming service, and this context asks none");
        }
        throw new NameNotFoundException("nothing is bound as " + full + ": set connectionFactory." + full + ", queue."
                + full + " or topic." + full + ", or look up dynamicQueues/NAME or dynamicTopics/NAME");
    }

    @Override
    public Object lookup(Name name) throws NamingException {
        return get(full(name));
    }

    @Override
    public Object lookup(String name) throws NamingException {
        return get(full(parse(name)));
    }

    @Override
    public Object lookupLink(Name name) throws NamingException {
        return get(full(name));
    }

    @Override
    public Object lookupLink(String name) throws NamingException {
        return get(full(parse(name)));
    }

    @Override
    public NamingEnumeration<NameClassPair> list(Name name) throws NamingException {
        List<NameClassPair> listed = new ArrayList<>();
        for (Map.Entry<String, Class<?>> below :
                bindings.below(context(full(name))).entrySet()) {
            listed.add(new NameClassPair(below.getKey(), below.getValue().getName()));
        }
        return new Listed<>(listed.iterator());
    }

    @Override
    public NamingEnumeration<NameClassPair> list(String name) throws NamingException {
        return list(parse(name));
    }

    @Override
    public NamingEnumeration<Binding> listBindings(Name name) throws NamingException {
        String of = context(full(name));
        List<Binding> listed = new ArrayList<>();
        for (Map.Entry<String, Class<?>> below : bindings.below(of).entrySet()) {
            Object object = get(of.isEmpty() ? below.getKey() : of + "/" + below.getKey());
            listed.add(new Binding(below.getKey(), below.getValue().getName(), object));
        }
        return new Listed<>(listed.iterator());
    }

    @Override
    public NamingEnumeration<Binding> listBindings(String name) throws NamingException {
        return listBindings(parse(name));
    }

    /** The full name, if it is a context's. */
    private String context(String full) throws NamingException {
        if (get(full) instanceof Context) {
            return full;
        }
        throw new NotContextException(full + " is an object, with no names below it");
    }

    @Override
    public NameParser getNameParser(Name name) throws NamingException {
        context(full(name));
        return CompositeName::new;
    }

    @Override
    public NameParser getNameParser(String name) throws NamingException {
        return getNameParser(parse(name));
    }

    @Override
    public Name composeName(Name name, Name prefix) throws NamingException {
        return ((Name) prefix.clone()).addAll(name);
    }

    @Override
    public String composeName(String name, String prefix) throws NamingException {
        return composeName(parse(name), parse(prefix)).toString();
    }

    @Override
    public String getNameInNamespace() {
        return path;
    }

    /** A copy. */
    @Override
    public Hashtable<?, ?> getEnvironment() {
        return new Hashtable<>(environment);
    }

    /** Ends this context alone: what was looked up stays as it is. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public Object addToEnvironment(String key, Object value) throws NamingException {
        throw readOnly();
    }

    @Override
    public Object removeFromEnvironment(String key) throws NamingException {
        throw readOnly();
    }

    @Override
    public void bind(Name name, Object object) throws NamingException {
        throw readOnly();
    }

    @Override
    public void bind(String name, Object object) throws NamingException {
        throw readOnly();
    }

    @Override
    public void rebind(Name name, Object object) throws NamingException {
        throw readOnly();
    }

    @Override
    public void rebind(String name, Object object) throws NamingException {
        throw readOnly();
    }

    @Override
    public void unbind(Name name) throws NamingException {
        throw readOnly();
    }

    @Override
    public void unbind(String name) throws NamingException {
        throw readOnly();
    }

    @Override
    public void rename(Name from, Name to) throws NamingException {
        throw readOnly();
    }

    @Override
    public void rename(String from, String to) throws NamingException {
        throw readOnly();
    }

    @Override
    public Context createSubcontext(Name name) throws NamingException {
        throw readOnly();
    }

    @Override
    public Context createSubcontext(String name) throws NamingException {
        throw readOnly();
    }

    @Override
    public void destroySubcontext(Name name) throws NamingException {
        throw readOnly();
    }

    @Override
    public void destroySubcontext(String name) throws NamingException {
        throw readOnly();
    }

    /** What a list gives. Used by one thread. */
    private static final class Listed<T> implements NamingEnumeration<T> {
        private Iterator<T> rest;

        Listed(Iterator<T> rest) {
            this.rest = rest;
        }

        @Override
        public boolean hasMore() {
            return rest.hasNext();
        }

        @Override
        public T next() throws NoSuchElementException {
            return rest.next();
        }

        @Override
        public boolean hasMoreElements() {
            return hasMore();
        }

        @Override
        public T nextElement() {
            return next();
        }

        @Override
        public void close() {
            rest = List.<T>of().iterator();
        }
    }
}
