//! Operators: who works here; a manager adds, changes, ends and gives PINs, a supervisor unlocks.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{
    ids::OperatorId,
    limits::OPERATOR_NAME_BYTES_MAX,
    operators::{
        BadgeHash, NewOperator, OfficeRight, OperatorChange, OperatorOrder, PinVerifier, Role,
    },
    time::BusinessDate,
    words::{Language, Worded},
};
use maud::{Markup, html};
use operator_pin::{Cost, Pin, SALT_BYTES, verifier_of};
use proto::store::v1::OperatorView;
use web::{language_of, said};

use super::{
    Here, Pages,
    frame::Section,
    tables::{read, table},
    typed::{ManageOperators, Typed, UnlockOperator},
    visitor::{Visitor, go_to, stopping},
};
use crate::{operators::HubOrder, presentation};

/// `GET /operators`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::UnlockOperator).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let Ok(all) = pages.services.view_operators().await else {
        return stopping();
    };
    let rows: Vec<Markup> = all.operators.iter().map(|one| row(one, language)).collect();
    let body = html! {
        @if rows.is_empty() {
            p .mind { (said(
                language,
                "Nobody yet: every lane sells as operator 1, and this page opens to whoever has \
                 its address. Add a manager first.",
                "尚无员工：各收银台均以1号员工销售，持有地址者即可打开本页。请先添加一名经理。",
            )) }
        } @else {
            (table(
                said(language, "Operators", "员工"),
                &[
                    said(language, "Number", "工号"),
                    said(language, "Name", "姓名"),
                    said(language, "Role", "职务"),
                    said(language, "Works", "在岗"),
                    said(language, "To do", "待处理"),
                ],
                &[0],
                &rows,
            ))
        }
        @if visitor.may(OfficeRight::ManageOperators) {
            h2 { (said(language, "Add somebody", "添加员工")) }
            (add_form(language))
        }
    };
    pages
        .of_section(&visitor, &headers, Section::Operators, &body)
        .into_response()
}

fn row(one: &OperatorView, language: Language) -> Markup {
    html! {
        tr {
            td .n { a href={ "/operators/" (one.number) } { (one.number) } }
            td .words { (one.name) }
            td { (read(&presentation::role(one.role), language)) }
            td { (works(one, language)) }
            td .words { (troubles(one, language)) }
        }
    }
}

fn works(one: &OperatorView, language: Language) -> Markup {
    html! {
        @if one.active { (said(language, "yes", "是")) } @else { (said(language, "no", "否")) }
        @if !one.active_from.is_empty() {
            " " (said(language, "from", "自")) " " (one.active_from)
        }
        @if !one.active_until.is_empty() {
            " " (said(language, "until", "至")) " " (one.active_until)
        }
    }
}

fn troubles(one: &OperatorView, language: Language) -> Markup {
    html! {
        @if one.pin_lost {
            strong .bad { (said(language, "needs a new PIN (HUB0061)", "需重设密码（HUB0061）")) } " "
        }
        @if one.locked {
            strong .bad { (said(language, "locked out here (HUB0062)", "已锁定（HUB0062）")) }
        }
    }
}

/// `GET /operators/{number}`.
pub(super) async fn one(
    State(pages): Here,
    Path(number): Path<u32>,
    headers: HeaderMap,
) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::UnlockOperator).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let Ok(all) = pages.services.view_operators().await else {
        return stopping();
    };
    let found = all.operators.iter().find(|one| one.number == number);
    let title = format!("{} {number}", said(language, "Operator", "员工"));
    let (status, body) = match found {
        Some(one) => (StatusCode::OK, of_one(&visitor, one, language)),
        None => {
            let nobody = said(language, "Nobody has this number", "没有此工号");
            (StatusCode::NOT_FOUND, html! { p .notice { (nobody) } })
        }
    };
    let page = pages.frame(&visitor, &headers, Some(Section::Operators), &title, &body);
    (status, page).into_response()
}

fn of_one(visitor: &Visitor, one: &OperatorView, language: Language) -> Markup {
    let path = |what: &str| format!("/operators/{}/{what}", one.number);
    html! {
        dl .facts {
            dt { (said(language, "Name", "姓名")) } dd { (one.name) }
            dt { (said(language, "Role", "职务")) }
            dd { (read(&presentation::role(one.role), language)) }
            dt { (said(language, "Works", "在岗")) } dd { (works(one, language)) }
            dt { (said(language, "Badge", "工牌")) }
            dd { @if one.has_badge { (said(language, "yes", "有")) }
                @else { (said(language, "no", "无")) } }
        }
        p { (troubles(one, language)) }
        @if one.wrong_pins > 0 {
            h2 { (said(language, "Wrong PINs here", "密码错误")) }
            form .plain hx-post=(path("unlock")) hx-target="find .answer" {
                p { (one.wrong_pins) " " (said(language, "in a row", "次连续错误")) }
                button .key .go type="submit" { (said(language, "Let them try again", "解锁")) }
                div .answer {}
            }
        }
        @if visitor.may(OfficeRight::ManageOperators) { (manage(one, &path, language)) }
    }
}

fn manage(one: &OperatorView, path: &dyn Fn(&str) -> String, language: Language) -> Markup {
    html! {
        h2 { (said(language, "Change", "更改")) }
        form .fields hx-post=(path("change")) hx-target="find .answer" autocomplete="off" {
            (name_field(&one.name, language))
            (role_field(one.role, language))
            (date_field("active_from", said(language, "From", "自"), &one.active_from))
            (date_field("active_until", said(language, "Until", "至"), &one.active_until))
            label { (said(language, "New badge (scan)", "新工牌（扫描）"))
                input name="badge" type="password" autocomplete="off" maxlength="64"; }
            @if one.has_badge {
                label .check { input type="checkbox" name="no_badge" value="yes";
                    (said(language, "Take the badge away", "取消工牌")) }
            }
            button .key .go type="submit" { (said(language, "Change", "更改")) }
            div .answer {}
        }
        h2 { (said(language, "New PIN", "重设密码")) }
        form .fields hx-post=(path("pin")) hx-target="find .answer" autocomplete="off" {
            (pin_fields(language))
            button .key .go type="submit" { (said(language, "Set the PIN", "设置密码")) }
            div .answer {}
        }
        h2 { (said(language, "Works here no more", "离职")) }
        form .fields hx-post=(path("end")) hx-target="find .answer" {
            (date_field(
                "last_day",
                said(language, "Last day; empty: gone already", "最后工作日；空：立即"),
                "",
            ))
            label .check { input type="checkbox" name="sure" value="yes" required;
                (said(language, "I am sure", "确认")) }
            button .key .stop type="submit" { (said(language, "End", "结束")) }
            div .answer {}
        }
    }
}

fn add_form(language: Language) -> Markup {
    html! {
        form .fields hx-post="/operators/add" hx-target="find .answer" autocomplete="off" {
            label { (said(language, "Number; empty: the next", "工号；空：自动"))
                input name="number" inputmode="numeric" maxlength="9"; }
            (name_field("", language))
            (role_field(Role::Cashier.number(), language))
            (pin_fields(language))
            label { (said(language, "Badge (scan)", "工牌（扫描）"))
                input name="badge" type="password" autocomplete="off" maxlength="64"; }
            button .key .go type="submit" { (said(language, "Add", "添加")) }
            div .answer {}
        }
    }
}

fn name_field(name: &str, language: Language) -> Markup {
    html! {
        label { (said(language, "Name", "姓名"))
            input name="name" required maxlength=(OPERATOR_NAME_BYTES_MAX) value=(name); }
    }
}

fn role_field(role: i32, language: Language) -> Markup {
    html! {
        label { (said(language, "Role", "职务"))
            select name="role" {
                @for one in Role::ALL {
                    option value=(one.number()) selected[one.number() == role] {
                        (one.in_words().read_in(language))
                    }
                }
            } }
    }
}

fn date_field(name: &str, label: &str, value: &str) -> Markup {
    html! { label { (label) input name=(name) type="date" value=(value); } }
}

fn pin_fields(language: Language) -> Markup {
    let field = |name: &str, label: &str| {
        html! {
            label { (label)
                input name=(name) type="password" inputmode="numeric" required maxlength="8"
                    autocomplete="new-password"; }
        }
    };
    html! {
        (field("pin", said(language, "PIN, 4 to 8 digits", "密码，4至8位数字")))
        (field("pin_again", said(language, "The same PIN again", "再次输入密码")))
    }
}

/// `POST /operators/add`.
pub(super) async fn add(State(pages): Here, form: Typed<ManageOperators>) -> Response {
    let order = pages.read_new(&form).await.map(OperatorOrder::Add);
    pages.carry_out(&form, order).await
}

/// `POST /operators/{number}/change`.
pub(super) async fn change(
    State(pages): Here,
    Path(number): Path<u32>,
    form: Typed<ManageOperators>,
) -> Response {
    let change = pages.read_change(&form).await;
    let order = change.map(|change| OperatorOrder::Change(OperatorId(number), change));
    pages.carry_out(&form, order).await
}

/// `POST /operators/{number}/end`.
pub(super) async fn end(
    State(pages): Here,
    Path(number): Path<u32>,
    form: Typed<ManageOperators>,
) -> Response {
    let last = form.is_sure().and_then(|()| date(&form, "last_day"));
    let order = last.map(|last| OperatorOrder::End(OperatorId(number), last));
    pages.carry_out(&form, order).await
}

/// `POST /operators/{number}/pin`.
pub(super) async fn set_pin(
    State(pages): Here,
    Path(number): Path<u32>,
    form: Typed<ManageOperators>,
) -> Response {
    let pin = pages.new_pin(&form).await;
    let order = pin.map(|pin| OperatorOrder::SetPin(OperatorId(number), pin));
    pages.carry_out(&form, order).await
}

/// `POST /operators/{number}/unlock`.
pub(super) async fn unlock(
    State(pages): Here,
    Path(number): Path<u32>,
    form: Typed<UnlockOperator>,
) -> Response {
    let order = HubOrder::Unlock(OperatorId(number));
    pages.ordered(&form, order).await
}

impl Pages {
    async fn carry_out(
        &self,
        form: &Typed<ManageOperators>,
        order: Result<OperatorOrder, String>,
    ) -> Response {
        match order {
            Ok(order) => self.ordered(form, HubOrder::List(order)).await,
            Err(why) => refused(&why),
        }
    }

    async fn ordered<N>(&self, form: &Typed<N>, order: HubOrder) -> Response {
        let (headers, by) = (&form.headers, form.visitor.number());
        match self.services.order_operators_as(vec![order], by).await {
            // The store's first operators: from now on they sign on here, too.
            Ok(_) if form.visitor == Visitor::Anybody => go_to(headers, "/sign-on"),
            Ok(done) => {
                let page = done.numbers.first().map(|number| number.0);
                let page = page.map_or_else(
                    || "/operators".to_owned(),
                    |number| format!("/operators/{number}"),
                );
                go_to(headers, &page)
            }
            Err(status) => refused(&presentation::refused_in(&status, form.language)),
        }
    }

    async fn read_new(&self, form: &Typed<ManageOperators>) -> Result<NewOperator, String> {
        let number = match form.get("number") {
            "" => None,
            text => Some(text.parse().map(OperatorId).map_err(|_| {
                let what = said(form.language, "is no number", "不是数字");
                format!("{text}: {what}")
            })?),
        };
        Ok(NewOperator {
            number,
            name: form.get("name").to_owned(),
            role: role(form)?,
            pin: self.new_pin(form).await?,
            badge: self.badge_of(form).await?,
            active_from: None,
            active_until: None,
        })
    }

    async fn read_change(&self, form: &Typed<ManageOperators>) -> Result<OperatorChange, String> {
        let badge = self.badge_of(form).await?;
        let takes_away = form.get("no_badge") == "yes";
        Ok(OperatorChange {
            name: Some(form.get("name").to_owned()),
            role: Some(role(form)?),
            badge: (badge.is_some() || takes_away).then_some(badge),
            active_from: Some(date(form, "active_from")?),
            active_until: Some(date(form, "active_until")?),
        })
    }

    async fn badge_of(&self, form: &Typed<ManageOperators>) -> Result<Option<BadgeHash>, String> {
        let badge = self.services.badge(form.get("badge")).await;
        badge.map_err(|status| presentation::refused_in(&status, form.language))
    }

    /// What checks the PIN that was typed twice: worked out on a thread.
    async fn new_pin(&self, form: &Typed<ManageOperators>) -> Result<PinVerifier, String> {
        let language = form.language;
        let pin = Pin::new(form.get("pin"));
        let pin = pin.ok_or(said(
            language,
            "A PIN has 4 to 8 digits",
            "密码为4至8位数字",
        ))?;
        if form.get("pin_again") != form.get("pin") {
            return Err(said(language, "The two PINs differ", "两次输入不一致").to_owned());
        }
        if pin.is_guessed_first() {
            return Err(said(
                language,
                "Anybody would try this PIN first: take another",
                "此密码过于简单，请更换",
            )
            .to_owned());
        }
        let mut salt = [0; SALT_BYTES];
        self.sessions.fill(&mut salt);
        let made = tokio::task::spawn_blocking(move || verifier_of(&pin, &salt, Cost::Full)).await;
        let failed = || said(language, "Try it again", "请重试").to_owned();
        made.map_err(|_| failed())?.map_err(|_| failed())
    }
}

fn role(form: &Typed<ManageOperators>) -> Result<Role, String> {
    let number = form.get("role").parse().ok();
    let role = number.and_then(Role::by_number);
    role.ok_or_else(|| said(form.language, "Choose a role", "请选择职务").to_owned())
}

fn date(form: &Typed<ManageOperators>, name: &str) -> Result<Option<BusinessDate>, String> {
    match form.get(name) {
        "" => Ok(None),
        text => BusinessDate::parse(text).map(Some).map_err(|_| {
            let what = said(form.language, "is no date", "不是日期");
            format!("{text}: {what}")
        }),
    }
}

fn refused(why: &str) -> Response {
    html! { p .notice role="alert" { (why) } }.into_response()
}
