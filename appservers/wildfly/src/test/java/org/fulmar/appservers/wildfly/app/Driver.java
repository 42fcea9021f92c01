package org.fulmar.appservers.wildfly.app;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.Singleton;
import jakarta.ejb.Startup;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import javax.naming.InitialContext;

/** Lets a test in at the server's MBean server, for as long as this is deployed. For any thread. */
@Singleton
@Startup
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class Driver implements DriverMBean {
    @Resource(lookup = "java:app/AppName")
    private String application;

    @Resource(lookup = "java:module/ModuleName")
    private String module;

    @PostConstruct
    void register() {
        try {
            server().registerMBean(new StandardMBean(new Driver(application, module), DriverMBean.class), name());
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }

    @PreDestroy
    void unregister() {
        try {
            server().unregisterMBean(name());
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }

    public Driver() {}

    private Driver(String application, String module) {
        this.application = application;
        this.module = module;
    }

    private static MBeanServer server() {
        return ManagementFactory.getPlatformMBeanServer();
    }

    private static ObjectName name() throws JMException {
        return new ObjectName(NAME);
    }

    @Override
    public String call(String bean, String operation, String... arguments) {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(Driver.class.getClassLoader());
        try {
            String prefix = application.equals(module) ? module : application + "/" + module;
            Operations operations = (Operations) new InitialContext().lookup("java:global/" + prefix + "/" + bean);
            return operations.call(operation, arguments);
        } catch (Exception e) {
            StringBuilder told = new StringBuilder(FAILED);
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                told.append(cause.getClass().getName())
                        .append(": ")
                        .append(cause.getMessage())
                        .append('\n');
            }
            return told.toString();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Override
    public String[] journal(int first) {
        return Journal.from(first);
    }
}
